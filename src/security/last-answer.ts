import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const lastAnswers = new WeakMap<Socket, ServerResponse>();

/** The same listener, of whose answers `afterLastAnswer` knows. */
export function noteAnswers(handler: RequestListener): RequestListener {
  return (request, response) => {
    lastAnswers.set(request.socket, response);
    handler(request, response);
  };
}

/**
 * Calls back once what came whole over a connection has been answered: what is said of bytes behind it would else be taken
 * for its answer. At once where nothing waits, or where the bytes belong to the request that does.
 */
export function afterLastAnswer(socket: Socket, then: () => void): void {
  const last = lastAnswers.get(socket);
  if (last === undefined || last.writableFinished || !last.req.complete) {
    then();
    return;
  }
  // Each further piece would be found unreadable again.
  socket.pause();
  last.once("close", then);
}
