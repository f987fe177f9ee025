import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type StubService, startStub } from "../support/stub-service.ts";
import { repository } from "./manifests.ts";

let stub: StubService | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

/** How the image's check ends when it asks that port. */
async function check(port: string, path: string, variables: Record<string, string> = {}): Promise<number | null> {
  const script = join(repository, "deploy/healthcheck.sh");
  const env = { PATH: process.env.PATH, HEDGEROW_PORT: port, ...variables };
  const [code] = await once(spawn("bash", [script, path], { env, stdio: "ignore" }), "exit");
  return code;
}

describe("the image's health check", () => {
  it.each([
    [200, 0],
    [503, 1],
    [404, 1],
  ])("turns status %i into exit code %i", async (status, code) => {
    stub = await startStub(({ path }) => (path === "/readyz" ? { status } : { status: 500 }));
    expect(await check(new URL(stub.url).port, "/readyz")).toBe(code);
  });

  it("fails where nothing listens, with and without certificates", async () => {
    stub = await startStub(() => ({}));
    const { port } = new URL(stub.url);
    await stub.close();
    stub = undefined;
    expect(await check(port, "/livez")).toBe(1);
    expect(await check(port, "/livez", { HEDGEROW_LINK_CERT: "cert.pem" })).toBe(1);
  });

  it("gives a process that says nothing two seconds", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    expect(await check(port, "/livez")).toBe(1);
    silent.close();
  });
});
