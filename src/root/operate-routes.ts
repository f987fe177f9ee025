import type { Metrics } from "../telemetry/metrics.ts";
import type { App } from "./app.ts";
import { memberRoutes } from "./member-routes.ts";
import type { RootService } from "./service.ts";
import { unreadyShards } from "./unready-shards.ts";

/** Liveness, readiness, metrics and the cluster as this root sees it. */
export function operateRoutes(app: App, service: RootService, metrics: Metrics): void {
  app.get("/livez", async () => ({ status: "live" }));

  app.get("/readyz", async (_request, reply) => {
    const unready = unreadyShards(service.catalog.all());
    const { restoring } = service.catalog;
    const { moving } = service;
    if (unready.length === 0 && !service.draining && !restoring) return { status: "ready", moving };
    const status = service.draining ? "draining" : restoring ? "restoring" : "not ready";
    return reply.code(503).send({ status, shards: unready, moving });
  });

  app.get("/metrics", async (request, reply) => {
    const { contentType, text } = await metrics.scrape(request.headers.accept);
    return reply.type(contentType).send(text);
  });

  app.get("/v1/cluster", async () => service.cluster());

  memberRoutes(app, service);
}
