import type { App } from "./app.ts";
import type { RootService } from "./service.ts";

/** Liveness, readiness, metrics and the cluster as this root sees it. */
export function operateRoutes(app: App, service: RootService): void {
  app.get("/livez", async () => ({ status: "alive" }));

  app.get("/readyz", async (_request, reply) => {
    const unready = service.unreadyShards();
    if (unready.length === 0 && !service.draining) return { status: "ready" };
    const status = service.draining ? "draining" : "not ready";
    return reply.code(503).send({ status, shards: unready });
  });

  app.get("/metrics", async (request, reply) => {
    const { contentType, body } = await service.metrics(request.headers.accept ?? "");
    return reply.type(contentType).send(body);
  });

  app.get("/v1/cluster", async () => service.cluster());
}
