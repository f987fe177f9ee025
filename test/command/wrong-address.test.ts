import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonOf } from "../../src/command/client.ts";
import { run as importInto } from "../../src/command/import.ts";
import { run as loadDemo } from "../../src/command/load-demo.ts";
import { run as restore } from "../../src/command/restore.ts";
import { run as search } from "../../src/command/search.ts";
import { run as status } from "../../src/command/status.ts";
import { BackupWriter } from "../../src/protocol/backup.ts";
import { createAuthority } from "../support/certificates.ts";
import { listening } from "../support/links.ts";
import { listeningIo, type StubService, startStub } from "../support/stub-service.ts";

let directory = "";
let page: StubService;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-address-"));
  const writer = new BackupWriter();
  await writeFile(join(directory, "backup"), Buffer.concat([writer.begin([], 0), writer.aliases({}), writer.end()]));
  await writeFile(join(directory, "lines"), '{"id":"1"}\n');
  page = await startStub(() => ({ json: "<html>Welcome</html>" }));
});
afterAll(async () => {
  await page.close();
  await rm(directory, { recursive: true });
});

const commands: [string, typeof search, () => string[]][] = [
  ["search", search, () => ["wind"]],
  ["status", status, () => []],
  ["import", importInto, () => [join(directory, "lines"), "--index", "books"]],
  ["restore", restore, () => [join(directory, "backup")]],
  ["demo", loadDemo, () => ["--data", join(directory, "data")]],
];

describe("what answers every request with a page", () => {
  it.each(commands)("is told from a service by %s, which has done nothing there", async (_name, run, words) => {
    const io = listeningIo({ env: { HEDGEROW_URL: page.url } });
    expect({ code: await run(words(), io), out: io.out(), err: io.err() }).toEqual({
      code: 1,
      out: "",
      err: "hedgerow: what answered there is no Hedgerow service\n",
    });
  });
});

it("may be of a port that no browser asks at either", async () => {
  const refused: unknown = await fetch("http://127.0.0.1:6666").catch((error: unknown) => error);
  expect(reasonOf(refused)).toBe("programs for the web ask nothing at that port; --port gives the service another");
});

it("may be of a service that takes TLS, of an authority that is not known here", async () => {
  const { issue } = await createAuthority(directory, "ours");
  const { cert, key } = await issue("service", { use: "serverAuth" });
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) });
  const address = `127.0.0.1:${await listening(server)}`;
  const reasonAt = (url: string): Promise<string> => fetch(url).then(() => "it answered", reasonOf);
  expect(await reasonAt(`http://${address}`)).toContain("its address begins with https:");
  expect(await reasonAt(`https://${address}`)).toContain("NODE_EXTRA_CA_CERTS=FILE");
  server.close();
});

it("may be of a host that nobody knows", () => {
  const cause = Object.assign(new Error("getaddrinfo ENOTFOUND nowhere"), { code: "ENOTFOUND" });
  expect(reasonOf(new TypeError("fetch failed", { cause }))).toBe("no host of that name is known");
});
