import type { App, Reply, Request } from "./app.ts";

declare module "fastify" {
  interface FastifyRequest {
    hasEnded: boolean;
  }
}

/** Where a connection was closed early: before a request's body had come whole, or before its answer had left. */
export type Cut = "body" | "answer";
/** One request that is over. Where it was cut, the reply has the status that would have been answered. */
export type EndedRequest = { request: Request; reply: Reply; cut: Cut | undefined };

/**
 * Tells of every request once that it is over: its answer has left, or is ready and cannot leave any more. The framework
 * tells of the former alone; what was asked is done for callers who hung up as well.
 */
export function onRequestEnds(app: App, run: (ended: EndedRequest) => void): void {
  const end = (request: Request, reply: Reply): void => {
    if (request.hasEnded) return;
    request.hasEnded = true;
    run({ request, reply, cut: cutOf(request, reply) });
  };
  app.decorateRequest("hasEnded", false);
  app.addHook("onSend", (request, reply, _payload, done) => {
    const { raw } = reply;
    // An answer that waits behind another on its connection never hears that this is closed.
    if (raw.destroyed || raw.socket === null) end(request, reply);
    else raw.on("close", () => end(request, reply));
    done();
  });
}

function cutOf(request: Request, { raw }: Reply): Cut | undefined {
  if (raw.writableFinished || !request.raw.socket.destroyed) return undefined;
  return request.raw.complete ? "answer" : "body";
}
