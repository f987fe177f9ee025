import { Readable } from "node:stream";
import { HedgerowError } from "../errors.ts";
import { type BackupIndex, backupMediaType } from "../protocol/backup.ts";
import { indexBodySchema } from "../protocol/index-request.ts";
import { invalidRequest } from "../protocol/problem.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import type { App } from "./app.ts";
import { standingIn, writeBackup } from "./backup.ts";
import { restore } from "./restore.ts";
import type { RootService } from "./service.ts";

/** Handing everything out as one stream, and taking it in again. */
export function backupRoutes(app: App, service: RootService): void {
  let restoring = false;

  app.get("/v1/backup", async (_request, reply) => {
    service.catalog.requireWhole();
    const { definitions, aliases } = await standingIn(service.log);
    const documents = [...service.catalog.all()].reduce((sum, { statistics }) => sum + statistics.current.documents, 0);
    const backup = writeBackup({ log: service.log, definitions, aliases, documents });
    return reply.type(backupMediaType).send(Readable.from(backup, { objectMode: false }));
  });

  // A backup may be larger than memory: it is read as it comes, whatever the limit for bodies.
  app.register(async (scope) => {
    scope.removeContentTypeParser("application/json");
    scope.addContentTypeParser(backupMediaType, (_request, payload, done) => done(null, payload));
    scope.post("/v1/restore", async (request) => {
      if (!(request.body instanceof Readable)) {
        throw new HedgerowError("unsupported_media_type", `a backup comes as ${backupMediaType}`);
      }
      if (restoring) throw new HedgerowError("not_ready", "a restore is under way already");
      restoring = true;
      try {
        const fits = request.compileValidationSchema(indexBodySchema);
        const settle = ({ name, settings }: BackupIndex): IndexSettings => {
          if (!fits(settings)) throw invalidRequest(fits.errors ?? []);
          return service.indexes.settingsFor(name, settings);
        };
        // A loop that ends early would take the connection from the request, which is still to be answered and noted.
        const bytes = request.body.iterator({ destroyOnReturn: false });
        return await restore(bytes, { log: service.log, timers: service.timers, settle });
      } finally {
        // What comes behind the damage is passed over, so that the connection can go on.
        request.body.resume();
        // Whoever is told how it ended may ask for what stands at once. News that are late come by themselves.
        await service.refresh().catch(() => undefined);
        restoring = false;
      }
    });
  });
}
