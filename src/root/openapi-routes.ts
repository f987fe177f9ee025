import swagger from "@fastify/swagger";
import { answerProfileSchema } from "../protocol/answer-profile.ts";
import { completeDescription } from "../protocol/api/describe.ts";
import type { App } from "./app.ts";

/**
 * Declares routes and describes them at `/openapi.json`, from the very schemas that validate what they take. Answers
 * are described and not built by schema: a search's answer is bytes already.
 */
export function describedRoutes(app: App, declare: (scope: App) => void): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Hedgerow",
        version: "1",
        description:
          "Search that answers on time: scattered, hedged, and honest about what an answer rests on. " +
          "A method that an address does not take is answered with 405 (method_not_allowed); Allow names those that it does.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    },
  });
  let description: Buffer | undefined;
  // A scope of its own begins when the description is listening for routes.
  app.register(async (scope) => {
    refuseUndeclaredParameters(scope);
    declare(scope);
    scope.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
      description ??= Buffer.from(JSON.stringify(completeDescription({ ...app.swagger() }, answerProfileSchema)));
      return reply.type("application/json; charset=utf-8").send(description);
    });
  });
}

const noParameters = { type: "object", additionalProperties: false } as const;

/**
 * Has each route of the API take the query parameters that its own schema declares, and one that declares nothing take
 * none. Pages and probes stay lenient: what is added to their addresses on the way means nothing to them.
 */
function refuseUndeclaredParameters(scope: App): void {
  scope.addHook("onRoute", (route) => {
    if (!route.url.startsWith("/v1/") || route.schema?.querystring !== undefined) return;
    route.schema = { ...route.schema, querystring: noParameters };
  });
}
