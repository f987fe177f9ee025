import swagger from "@fastify/swagger";
import type { App } from "./app.ts";

/**
 * Declares routes and describes them at `/openapi.json`, from the very schemas that validate what they take.
 */
export function describedRoutes(app: App, declare: (scope: App) => void): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Hedgerow", version: "1", description: "Scatter/gather search that answers on time." },
    },
  });
  // A scope of its own begins when the description is listening for routes.
  app.register(async (scope) => {
    declare(scope);
    scope.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  });
}
