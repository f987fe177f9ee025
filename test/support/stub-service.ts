import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { CommandIo } from "../../src/command/io.ts";

/** A request as the service saw it. `json` is undefined where the body is none. */
export type SeenRequest = {
  method: string;
  path: string;
  type: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  json: unknown;
};

/** `"hang up"` closes the connection without a word, `"stall"` says nothing more after the headers. */
export type StubAnswer = { status?: number; headers?: Record<string, string>; json?: unknown } | "hang up" | "stall";

export type StubService = { url: string; seen: SeenRequest[]; close(): Promise<void> };

/** A service over a real socket that answers what the test says. */
export async function startStub(
  answer: (request: SeenRequest, count: number) => StubAnswer | Promise<StubAnswer>,
): Promise<StubService> {
  const seen: SeenRequest[] = [];
  const listener = createServer(async (request, response) => {
    const body = await text(request).catch(() => undefined);
    // Given up by the caller before it was sent whole.
    if (body === undefined) return;
    const one: SeenRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      type: request.headers["content-type"],
      headers: request.headers,
      body,
      json: parsed(body),
    };
    seen.push(one);
    const given = await answer(one, seen.length);
    if (given === "hang up") {
      request.socket.destroy();
      return;
    }
    if (given === "stall") {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      return;
    }
    const { status = 200, headers = {}, json = {} } = given;
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    url: `http://127.0.0.1:${isTcp(address) ? address.port : 0}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}

/** A terminal that remembers what was written to it. */
export function listeningIo(options: { isTerminal?: boolean; env?: Record<string, string> } = {}): CommandIo & {
  out(): string;
  err(): string;
} {
  const written = { out: "", err: "" };
  return {
    stdout: (text) => {
      written.out += text;
    },
    stderr: (text) => {
      written.err += text;
    },
    isTerminal: options.isTerminal ?? false,
    env: options.env ?? {},
    out: () => written.out,
    err: () => written.err,
  };
}

function isTcp(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
