import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { createIndexing } from "../../src/leaf/indexing.ts";
import { createLeaf } from "../../src/leaf/leaf.ts";
import { openReplicaWith } from "../../src/leaf/open-replica.ts";
import { type PolicySettings, policyDefaults } from "../../src/policy/settings.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { startRoot } from "../../src/root/serve.ts";
import { systemClock, systemTimers } from "../../src/time.ts";

export type JsonAnswer = { status: number; headers: Headers; body: Record<string, unknown> };

/** A whole cluster in this process, over real sockets, with a log in a directory of its own. */
export type TestCluster = {
  url: string;
  /** The leaves, as another root may be told of them. */
  leafUrls: string[];
  /** A body is sent as JSON; a string as JSON that it already is; a `RawBody` as its headers say. */
  request(method: string, path: string, body?: unknown): Promise<JsonAnswer>;
  /** Adds documents and waits until they can be found. */
  load(index: string, documents: readonly object[]): Promise<string>;
  /** Ends a leaf, by its place. */
  stopLeaf(place: number): Promise<void>;
  close(): Promise<void>;
};

export async function startCluster(options: {
  leaves: number;
  zones?: number;
  flags?: string[];
  /** More leaves that the root is told of, each `name=url`; nobody need be there. */
  elsewhere?: string[];
  /** What the root finds in its environment. */
  env?: Record<string, string>;
  /** How the root chooses whom to ask; as ever unless a test needs every replica asked. */
  policy?: PolicySettings;
  /** A directory with a log in it, which is removed in the end. */
  data?: string;
}): Promise<TestCluster> {
  const directory = options.data ?? (await mkdtemp(join(tmpdir(), "hedgerow-test-")));
  const indexing = createIndexing({ threads: 1 });
  const leaves = Array.from({ length: options.leaves }, (_, i) =>
    createLeaf({
      name: `leaf-${i + 1}`,
      zone: `zone-${i % (options.zones ?? 1)}`,
      openReplica: openReplicaWith(indexing),
      clock: systemClock,
      timers: systemTimers,
      log: { level: "silent" },
      runtimeMetrics: false,
    }),
  );
  const urls = await Promise.all(leaves.map((leaf) => leaf.listen({ host: "127.0.0.1", port: 0 })));
  const own = urls.map((url, i) => `leaf-${i + 1}@zone-${i % (options.zones ?? 1)}=${url}`);
  const leafUrls = [...own, ...(options.elsewhere ?? [])].join(",");
  // A test that says nothing of its budget is not about time, whatever else keeps the machine busy.
  const patient = { HEDGEROW_BUDGET_MS: "20000" };
  const flags = ["--data", directory, "--port", "0", "--leaf-urls", leafUrls, "--log-level", "silent"];
  const read = readConfig("root", [...flags, ...(options.flags ?? [])], patient);
  if (read.kind !== "ok") throw new Error(JSON.stringify(read));
  const root = await startRoot(read.config, options.policy ?? policyDefaults, options.env);
  const request = requestTo(root.url);
  const running = [...leaves];
  return {
    url: root.url,
    leafUrls: own,
    request,
    async load(index, documents) {
      const lines = documents.map((document) => JSON.stringify(document)).join("\n");
      const answer = await request("POST", `/v1/indexes/${index}/documents`, ndjson(lines));
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      const token = String(answer.body.token);
      await request("POST", `/v1/indexes/${index}/search`, { after: token, budgetMs: 60_000, size: 0 });
      return token;
    },
    async stopLeaf(place) {
      const [leaf] = running.splice(place, 1);
      await leaf?.close();
    },
    async close() {
      await root.close();
      await Promise.all(running.map((leaf) => leaf.close()));
      await indexing.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A request's body with headers of its own. */
export class RawBody {
  readonly headers: Record<string, string>;
  readonly text: string | undefined;

  constructor(headers: Record<string, string>, text?: string) {
    this.headers = headers;
    this.text = text;
  }
}

/** Documents, one a line. */
export function ndjson(lines: string): RawBody {
  return new RawBody({ "content-type": "application/x-ndjson" }, lines);
}

function contentOf(body: unknown): RequestInit {
  if (body === undefined) return {};
  if (body instanceof RawBody)
    return { headers: body.headers, ...(body.text === undefined ? {} : { body: body.text }) };
  const headers = { "content-type": "application/json" };
  return { headers, body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** JSON in and out. */
export function requestTo(url: string): TestCluster["request"] {
  return async (method, path, body) => {
    const response = await fetch(url + path, { method, ...contentOf(body) });
    const text = await response.text();
    const parsed: unknown = text === "" ? {} : JSON.parse(text);
    if (!isRecord(parsed)) throw new Error(`not an object: ${text.slice(0, 200)}`);
    return { status: response.status, headers: response.headers, body: parsed };
  };
}
