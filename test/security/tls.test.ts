import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, request as askSecurely } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { createLeaf, type Leaf } from "../../src/leaf/leaf.ts";
import { startRoot } from "../../src/root/serve.ts";
import { missingFiles } from "../../src/security/certificate-settings.ts";
import { type Certificates, openCertificates } from "../../src/security/certificates.ts";
import { systemClock, systemTimers } from "../../src/time.ts";
import { type Authority, createAuthority, type IssuedFiles } from "../support/certificates.ts";
import { fakeReplicas } from "../support/fake-replica.ts";
import { watchedLink } from "../support/links.ts";
import { eventually } from "../support/up.ts";

let directory: string;
let ours: Authority;
let theirs: Authority;
const issued: Record<string, IssuedFiles & { ca: string }> = {};
const closing: (() => unknown)[] = [];
const log = () => ({ warn: () => undefined, info: () => undefined });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-tls-"));
  [ours, theirs] = await Promise.all([createAuthority(directory, "ours"), createAuthority(directory, "theirs")]);
  issued.root = { ...(await ours.issue("root", { use: "clientAuth" })), ca: ours.ca };
  issued.leaf = { ...(await ours.issue("leaf", { use: "serverAuth" })), ca: ours.ca };
  issued.both = { ...(await ours.issue("both", { use: "both" })), ca: ours.ca };
  issued.none = { ...(await ours.issue("none", { use: "none" })), ca: ours.ca };
  issued.elsewhere = {
    ...(await ours.issue("elsewhere", { use: "serverAuth", host: "DNS:leaf-7.example" })),
    ca: ours.ca,
  };
  issued.foreignRoot = { ...(await theirs.issue("root", { use: "clientAuth" })), ca: ours.ca };
  issued.foreignLeaf = { ...(await theirs.issue("leaf", { use: "serverAuth" })), ca: ours.ca };
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

function certificates(name: string): Certificates {
  const files = issued[name];
  if (files === undefined) throw new Error(`there is no certificate ${name}`);
  const opened = openCertificates({ flags: "--link", ...files }, { timers: systemTimers, log });
  closing.push(() => opened.close());
  return opened;
}

async function servedBy(name: string | undefined): Promise<{ leaf: Leaf; url: string }> {
  const leaf = createLeaf({
    name: "leaf",
    openReplica: fakeReplicas().open,
    clock: systemClock,
    timers: systemTimers,
    log: { level: "silent" },
    runtimeMetrics: false,
    ...(name === undefined ? {} : { certificates: certificates(name) }),
  });
  const url = await leaf.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => leaf.close());
  return { leaf, url };
}

/** How a root with one certificate fares with a leaf that has another. */
async function meets(root: string | undefined, leaf: string | undefined): Promise<string> {
  const { url } = await servedBy(leaf);
  const watched = watchedLink({ url, ...(root === undefined ? {} : { certificates: certificates(root) }) });
  closing.push(() => watched.link.close());
  const state = await watched.until(({ connected, trouble }) => connected || (trouble ?? "").length > 20);
  return state.connected ? "connected" : (state.trouble ?? "");
}

describe("a link between root and leaf", () => {
  it("stands where each shows a certificate of its role from the same authority", async () => {
    expect(await meets("root", "leaf")).toBe("connected");
  });

  it.each<[string, string | undefined, string]>([
    ["no certificate", undefined, "plain"],
    ["a certificate of another authority", "foreignRoot", "not to be trusted"],
    ["a leaf's certificate", "leaf", "certificate"],
    ["a certificate for both roles", "both", "clientAuth alone"],
    ["a certificate for no role", "none", "clientAuth alone"],
  ])("is refused by the leaf to a root with %s", async (_what, root, detail) => {
    const { url } = await servedBy("leaf");
    const address = root === undefined ? url.replace("https:", "http:") : url;
    const watched = watchedLink({ url: address, ...(root === undefined ? {} : { certificates: certificates(root) }) });
    closing.push(() => watched.link.close());
    const { connected, trouble } = await watched.until((state) => (state.trouble ?? "").length > 5 || state.connected);
    expect(connected).toBe(false);
    if (root !== undefined) expect(trouble).toContain(detail);
  });

  it.each<[string, string | undefined, string]>([
    ["no certificate", undefined, "https"],
    ["a certificate of another authority", "foreignLeaf", "certificate"],
    ["a root's certificate", "root", "certificate"],
    ["a certificate for both roles", "both", "serverAuth alone"],
    ["another host's certificate", "elsewhere", "does not match"],
  ])("is refused by the root to a leaf with %s", async (_what, leaf, detail) => {
    expect(await meets("root", leaf)).toContain(detail);
  });

  it("takes another certificate without a restart", async () => {
    const turning = await createAuthority(directory, "turning");
    issued.turningRoot = { ...(await turning.issue("root", { use: "clientAuth" })), ca: turning.ca };
    issued.turningLeaf = { ...(await turning.issue("leaf", { use: "serverAuth" })), ca: turning.ca };
    const { url } = await servedBy("turningLeaf");
    const fingerprint = async (): Promise<string> => {
      const socket = await shaken(url, certificates("turningRoot"));
      const found = socket.getPeerCertificate().fingerprint256;
      socket.destroy();
      return found;
    };
    const before = await fingerprint();
    await turning.issue("leaf", { use: "serverAuth" });
    await eventually("the leaf shows its new certificate", async () => (await fingerprint()) !== before);
    const after = await fingerprint();
    expect(await fingerprint()).toBe(after);
    const watched = watchedLink({ url, certificates: certificates("turningRoot") });
    closing.push(() => watched.link.close());
    expect((await watched.until(({ connected }) => connected)).connected).toBe(true);
  });
});

describe("a leaf with certificates", () => {
  it("answers probes without one and nothing else", async () => {
    const { url } = await servedBy("leaf");
    const ca = await readFile(ours.ca);
    const status = (path: string, files?: IssuedFiles): Promise<number> => statusAs(`${url}${path}`, ca, files);
    expect(await status("/livez")).toBe(200);
    expect(await status("/readyz")).toBe(200);
    expect(await status("/metrics")).toBe(401);
    expect(await status("/v1/shards/a/0/search")).toBe(401);
    expect(await status("/metrics", issued.foreignRoot)).toBe(401);
    expect(await status("/metrics", issued.root)).toBe(200);
  });

  it("lets who has a certificate but is no root see its metrics and nothing else", async () => {
    const { url } = await servedBy("leaf");
    const ca = await readFile(ours.ca);
    for (const name of ["both", "none"]) {
      expect(await statusAs(`${url}/metrics`, ca, issued[name])).toBe(200);
      expect(await statusAs(`${url}/v1/shards/a/0/search`, ca, issued[name])).toBe(403);
    }
    expect(await statusAs(`${url}/v1/shards/a/0/search`, ca, issued.root)).not.toBe(403);
  });
});

describe("a root with a certificate", () => {
  it("serves its callers by TLS alone, tells browsers so, and takes another certificate while it runs", async () => {
    const edge = await createAuthority(directory, "edge");
    const files = await edge.issue("edge", { use: "serverAuth" });
    const data = join(directory, "data");
    const read = readConfig(
      "root",
      ["--port", "0", "--data", data, "--tls-cert", files.cert, "--tls-key", files.key, "--log-level", "silent"],
      {},
    );
    if (read.kind !== "ok") throw new Error(JSON.stringify(read));
    const root = await startRoot(read.config);
    closing.push(() => root.close());
    expect(root.url).toMatch(/^https:/);
    const ca = await readFile(edge.ca);
    expect(await ask(`${root.url}/livez`, { ca })).toBe(200);
    await expect(ask(`${root.url}/livez`, { ca: await readFile(ours.ca) })).rejects.toThrow("certificate");
    await expect(fetch(`${root.url.replace("https:", "http:")}/livez`)).rejects.toThrow();
    expect((await headers(`${root.url}/livez`, ca))["strict-transport-security"]).toContain("max-age");
    const fingerprint = async (): Promise<string> => {
      const socket = await shaken(root.url, { current: { ca } });
      const found = socket.getPeerCertificate().fingerprint256;
      socket.destroy();
      return found;
    };
    const before = await fingerprint();
    await edge.issue("edge", { use: "serverAuth" });
    await eventually("it shows its new certificate", async () => (await fingerprint()) !== before);
  });

  it("is refused a start with half of its files, by the name of the missing one", () => {
    expect(missingFiles({ tlsCert: "a" })).toContain("--tls-key");
    expect(missingFiles({ linkCert: "a", linkKey: "b" })).toContain("--link-ca");
    expect(missingFiles({ logCert: "a" })).toContain("--log-key");
    expect(missingFiles({ logKey: "a" })).toContain("--log-cert");
    expect(missingFiles({ linkCert: "a", linkKey: "b", linkCa: "c" })).toBeUndefined();
    expect(missingFiles({})).toBeUndefined();
  });
});

type Shown = { ca: Buffer; cert?: Buffer; key?: Buffer };

async function statusAs(url: string, ca: Buffer, files?: IssuedFiles): Promise<number> {
  const own = files === undefined ? {} : { cert: await readFile(files.cert), key: await readFile(files.key) };
  return ask(url, { ca, ...own });
}

function ask(url: string, shown: Shown): Promise<number> {
  const method = url.endsWith("/search") ? "POST" : "GET";
  return new Promise((resolve, reject) => {
    const asked = askSecurely(url, { ...shown, method, agent: new Agent({ maxCachedSessions: 0 }) }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.on("error", reject);
    asked.end();
  });
}

function headers(url: string, ca: Buffer): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    askSecurely(url, { ca, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.headers);
    })
      .on("error", reject)
      .end();
  });
}

/** A connection whose handshake is done. */
function shaken(url: string, { current }: { current: Partial<Shown> | Certificates["current"] }): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), ...current }, () => resolve(socket));
    socket.on("error", reject);
  });
}
