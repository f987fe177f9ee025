import { mkdtemp, rm } from "node:fs/promises";
import { request as ask } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { askForDirectory } from "../../src/command/data-directory.ts";
import { runLeaf } from "../../src/leaf/serve.ts";
import { linkProtocol, linkVersion } from "../../src/protocol/link.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A leaf as its command starts it; resolves with its port. */
async function started(...flags: string[]): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), "hedgerow-names-"));
  closing.push(() => rm(data, { recursive: true, force: true }));
  return new Promise((resolve, reject) => {
    const stop = new Promise<void>((stopped) => {
      closing.push(() => ended, stopped);
    });
    const ended = runLeaf(["--port", "0", "--data", data, "--log-level", "silent", ...flags], {
      stdout: () => undefined,
      stderr: (text) => reject(new Error(text)),
      isTerminal: false,
      env: {},
      stopped: stop,
      tellListening: ({ url }) => resolve(new URL(url).port),
      askForDirectory,
    });
    ended.catch(reject);
  });
}

type Called = { method?: string; headers?: Record<string, string> };

function statusOf(port: string, path: string, { method = "GET", headers = {} }: Called): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = ask({ port, host: "127.0.0.1", path, method, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject);
    asked.end();
  });
}

const routes: [string, string][] = [
  ["GET", "/metrics"],
  ["POST", "/v1/shards/books/0/search"],
  ["GET", "/v1/link"],
  ["GET", "/livez"],
  ["GET", "/readyz"],
];

/** What a leaf answers of each route to who calls it by a name. */
function answersTo(host: string, port: string): Promise<number[]> {
  const upgrade = { connection: "upgrade", upgrade: linkProtocol, "hedgerow-link-version": String(linkVersion) };
  return Promise.all(
    routes.map(([method, path]) => {
      return statusOf(port, path, { method, headers: { host, ...(path.endsWith("link") ? upgrade : {}) } });
    }),
  );
}

describe("a leaf on this machine alone, without certificates", () => {
  it("answers nobody who calls it by another name, on links neither, but probes", async () => {
    const port = await started();
    expect(await answersTo("evil.example", port)).toEqual([403, 403, 403, 200, 200]);
    expect(await answersTo(`localhost:${port}`, port)).toEqual([200, 400, 101, 200, 200]);
    expect(await answersTo(`127.0.0.1:${port}`, port)).toEqual([200, 400, 101, 200, 200]);
  });

  it.each([[["--insecure"]], [["--insecure", "--host", "0.0.0.0"]]])(
    "answers whatever it is called where %j says that it may",
    async (flags) => {
      expect(await answersTo("leaf-1:8080", await started(...flags))).toEqual([200, 400, 101, 200, 200]);
    },
  );
});
