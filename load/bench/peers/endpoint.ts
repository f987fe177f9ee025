import Fastify, { type FastifyInstance } from "fastify";
import { hitsMax, type Peer } from "./peer.ts";

type Asked = { query: string; size?: number };

const bodySchema = {
  type: "object",
  required: ["query"],
  properties: { query: { type: "string" }, size: { type: "integer", minimum: 1, maximum: hitsMax } },
};

/** The endpoint that every peer is put behind: `POST /search` with `{query, size}` answers `{hits, complete}`. */
export function createEndpoint(peer: Peer): FastifyInstance {
  const app = Fastify();
  app.post<{ Body: Asked }>("/search", { schema: { body: bodySchema } }, async ({ body }) =>
    peer.search(body.query, body.size ?? 10),
  );
  app.addHook("onClose", () => peer.stop());
  return app;
}
