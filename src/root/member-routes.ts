import { HedgerowError } from "../errors.ts";
import { isServerAddress } from "../protocol/server-address.ts";
import type { App } from "./app.ts";
import type { Departed, LeafAnnouncement } from "./membership.ts";
import type { RootService } from "./service.ts";

const nameLengthMax = 200;
const urlLengthMax = 2_000;

const announcementSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "url", "life"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: nameLengthMax },
    zone: { type: "string", minLength: 1, maxLength: nameLengthMax },
    url: { type: "string", minLength: 1, maxLength: urlLengthMax },
    life: { type: "string", minLength: 1, maxLength: nameLengthMax },
    leaving: { type: "boolean", default: false },
  },
} as const;

const farewellSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    url: {
      type: "string",
      minLength: 1,
      maxLength: urlLengthMax,
      description: "takes it off only if this is where it said it is, and not one that came after it",
    },
    life: {
      type: "string",
      minLength: 1,
      maxLength: nameLengthMax,
      description: "takes it off only if it has not been started again since, at the same address",
    },
  },
} as const;

/** Where leaves announce themselves, again and again, and where one that will not come back is taken off. */
export function memberRoutes(app: App, service: RootService): void {
  app.post<{ Body: LeafAnnouncement }>("/v1/members", { schema: { body: announcementSchema } }, async ({ body }) => {
    if (body.name === "." || body.name === "..") {
      const detail = `a leaf cannot be named "${body.name}": no address can hold it`;
      throw new HedgerowError("invalid_request", detail, [{ path: "/name", detail: 'must not be "." or ".."' }]);
    }
    // What stands once is linked to again and again, by every root.
    if (!isServerAddress(body.url)) {
      const detail = `"${body.url}" is no address of a leaf such as http://host:port`;
      throw new HedgerowError("invalid_request", detail, [
        { path: "/url", detail: "must be http://host:port or https://host:port" },
      ]);
    }
    return service.welcome(body);
  });

  type Farewell = { Params: { name: string }; Querystring: Departed };
  const farewell = { schema: { querystring: farewellSchema } };
  app.delete<Farewell>("/v1/members/:name", farewell, async ({ params: { name }, query }, reply) => {
    if (await service.dismiss(name, query)) return reply.code(204).send();
    const at = query.url === undefined ? "" : ` from ${query.url}`;
    throw new HedgerowError("not_found", `no leaf named "${name}" has announced itself${at}`);
  });
}
