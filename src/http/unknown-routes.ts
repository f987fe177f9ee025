import { RouteMethods } from "../protocol/route-methods.ts";
import type { App } from "./app.ts";

/** Tells whoever asks for what is not there which methods its address takes, or that there is nothing. */
export function refuseUnknownRoutes(app: App): void {
  const routes = new RouteMethods();
  app.addHook("onRoute", ({ method, url }) => routes.add(method, url));
  app.setNotFoundHandler((request, reply) => {
    const { error, headers } = routes.refusalOf(request.method, request.url);
    reply.headers(headers);
    throw error;
  });
}
