import { Readable } from "node:stream";
import { type Answer, accepted, type Client, reasonOf, ServiceUnreachable } from "./client.ts";

/** Asks for something long and gives its bytes as they come. Throws `RequestRefused`, or `ServiceUnreachable` when it breaks off. */
export async function* download(client: Client, path: string): AsyncGenerator<Uint8Array, void> {
  const response = await reach(client, () => fetch(client.url + path, { headers: client.headers ?? {} }));
  if (!response.ok || response.body === null) accepted(await answerOf(response));
  else {
    try {
      for await (const chunk of Readable.fromWeb(response.body)) yield bytesOf(chunk);
    } catch {
      throw new ServiceUnreachable(`${client.url} broke off in the middle`);
    }
  }
}

/** Sends something long as it comes, and reads no more of it once that is over. Throws as `download` does. */
export async function upload(
  client: Client,
  path: string,
  { type, bytes }: { type: string; bytes: AsyncIterable<Uint8Array> },
): Promise<Answer> {
  const source = Readable.from(bytes, { objectMode: false });
  const headers = { ...client.headers, "content-type": type };
  const body = Readable.toWeb(source);
  const request = { method: "POST", headers, body, duplex: "half" } satisfies RequestInit & { duplex: "half" };
  try {
    return accepted(await answerOf(await reach(client, () => fetch(client.url + path, request))));
  } finally {
    source.destroy();
  }
}

async function reach(client: Client, ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    throw new ServiceUnreachable(`no answer from ${client.url}: ${reasonOf(error)}`);
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return { status: response.status, retryAfterS: undefined, body: JSON.parse(text) };
  } catch {
    return { status: response.status, retryAfterS: undefined, body: text };
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError("a stream of bytes gave something else");
}
