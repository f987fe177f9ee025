import { HedgerowError } from "../errors.ts";
import { type IndexBody, indexNamePattern, newIndexBodySchema } from "../protocol/index-request.ts";
import type { Grant } from "../security/access.ts";
import type { App } from "./app.ts";
import type { CatalogIndex } from "./catalog.ts";
import type { RootService } from "./service.ts";

type IndexParameters = { Params: { index: string } };

const nameSchema = { type: "object", properties: { index: { type: "string", pattern: indexNamePattern } } } as const;

/** Creating, showing and dropping indexes, and switching aliases. */
export function indexRoutes(app: App, service: RootService): void {
  app.get("/v1/indexes", async ({ grant }) => ({
    indexes: [...service.catalog.all()].filter(({ definition }) => grant.covers(definition.index)).map(describe),
    aliases: Object.fromEntries(Object.entries(service.catalog.aliases).filter(([alias]) => grant.covers(alias))),
  }));

  app.get<IndexParameters>("/v1/indexes/:index", async (request) =>
    describe(service.catalog.get(request.params.index, request.grant)),
  );

  app.put<IndexParameters & { Body: IndexBody }>(
    "/v1/indexes/:index",
    { schema: { body: newIndexBodySchema, params: nameSchema }, preValidation: requireExactPath },
    async (request, reply) => {
      const { kind, index } = await service.indexes.create(request.params.index, request.body);
      return reply.code(kind === "created" ? 201 : 200).send(describe(index));
    },
  );

  app.delete<IndexParameters>("/v1/indexes/:index", { preValidation: requireExactPath }, async (request) => {
    const { index } = request.params;
    const aliases = await service.indexes.drop(index);
    if (aliases === undefined) throw service.catalog.missing(index, request.grant);
    return { index, dropped: true, aliases: aliases.filter((alias) => request.grant.covers(alias)) };
  });

  app.post<{ Body: { set: Record<string, string | null> } }>(
    "/v1/aliases",
    { schema: { body: aliasSchema } },
    async ({ body, grant }) => {
      requireNames(body.set, grant);
      const aliases = await service.indexes.setAliases(body.set);
      return { aliases: Object.fromEntries(Object.entries(aliases).filter(([alias]) => grant.covers(alias))) };
    },
  );
}

/**
 * Refuses an index's address that ends with a slash. Of `/v1/indexes/books/documents/..` clients make that before they
 * send it, and whoever wanted to be rid of a document must not lose the index.
 */
function requireExactPath({ url, method }: { url: string; method: string }, _reply: unknown, done: () => void): void {
  const path = url.split("?")[0] ?? "";
  if (path.endsWith("/")) {
    const detail = `there is nothing at ${method} ${path}: the address of an index does not end with a slash`;
    throw new HedgerowError("not_found", detail);
  }
  done();
}

/** An alias lets its name's keys into what it points at: whoever sets one must have a key for both. */
function requireNames(set: Readonly<Record<string, string | null>>, grant: Grant): void {
  const names = Object.entries(set).flatMap(([alias, index]) => (index === null ? [alias] : [alias, index]));
  const foreign = names.find((name) => !grant.covers(name));
  if (foreign !== undefined) throw new HedgerowError("forbidden", `the key is not for the index "${foreign}"`);
}

const aliasSchema = {
  type: "object",
  additionalProperties: false,
  required: ["set"],
  properties: {
    set: {
      type: "object",
      minProperties: 1,
      maxProperties: 100,
      propertyNames: { pattern: indexNamePattern },
      additionalProperties: { type: ["string", "null"], description: "an index's name; null removes the alias" },
    },
  },
} as const;

function describe({ definition, statistics }: CatalogIndex): Record<string, unknown> {
  const { documents, epoch } = statistics.current;
  const { index, incarnation, settings } = definition;
  return { index, incarnation, ...settings, statistics: { epoch, documents } };
}
