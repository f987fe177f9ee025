import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requireDurable, requireSafeServer, syncIn } from "../../src/changes/jetstream-durability.ts";
import { changeHead, changeOf, headersOf } from "../../src/changes/jetstream-message.ts";
import { changeAddress, changeSubject, shardFilter } from "../../src/changes/jetstream-names.ts";
import { parseLogAddress } from "../../src/changes/log-address.ts";

describe("subjects of changes", () => {
  const address = fc.record({
    incarnation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    shard: fc.nat(255),
    id: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  });

  it("hold any id in letters that subjects take, one token each, and give it back", () => {
    const run = fc.property(address, (one) => {
      const subject = changeSubject(one);
      expect(changeAddress(subject)).toEqual(one);
      expect(subject).toMatch(/^[A-Za-z0-9_.-]+$/);
      const filter = shardFilter(one).split(".");
      const tokens = subject.split(".");
      expect(tokens).toHaveLength(filter.length);
      expect(tokens.every((token, i) => filter[i] === "*" || filter[i] === token)).toBe(true);
    });
    fc.assert(run, { seed: 311, numRuns: 300 });
  });

  it("are not mistaken for others", () => {
    for (const subject of ["hedgerow.birth.Ym9va3M", "hedgerow.change.1.2", "other.change.1.2.YQ"]) {
      expect(changeAddress(subject)).toBeUndefined();
      expect(changeOf({ subject, sequence: 1, headers: undefined, data: new Uint8Array() })).toBeUndefined();
    }
  });
});

it("finds in a message's headers what was put there", () => {
  for (const kind of ["put", "delete"] as const) {
    for (const found of [true, false]) {
      for (const mark of [undefined, { request: "abc_-9", place: 12 }]) {
        expect(changeHead(headersOf({ kind, found, mark }))).toEqual({ kind, found, mark });
      }
    }
  }
  expect(changeHead(undefined)).toEqual({ kind: "put", found: false, mark: undefined });
});

describe("what a server's monitoring says of syncing", () => {
  it.each([
    [{ config: { max_memory: 1, sync_always: true } }, "always"],
    [{ config: { max_memory: 1, sync_interval: 120_000_000_000 } }, "unsynced"],
    [{ config: { sync_always: "true" } }, "unsynced"],
    [{ disabled: true }, "unknown"],
    [null, "unknown"],
    ["text", "unknown"],
  ])("%j is %s", (jsz, kind) => {
    expect(syncIn(jsz).kind).toBe(kind);
  });

  it("lets a single copy be kept only where it is synced, or where that was accepted", () => {
    const kinds = [{ kind: "always" }, { kind: "unsynced" }, { kind: "unknown", why: "nobody was asked" }] as const;
    for (const sync of kinds) {
      for (const replicas of [1, 3]) {
        for (const accepted of [true, false]) {
          const ask = (): void => requireDurable(sync, { replicas, accepted });
          if (sync.kind === "always" || replicas > 1 || accepted) expect(ask).not.toThrow();
          else expect(ask).toThrow(/--accept-unsynced-log/);
        }
      }
    }
  });
});

describe("servers that may be killed", () => {
  it.each([
    ["2.9.10", true],
    ["2.10.9", true],
    ["2.10.22", true],
    ["", true],
    ["2.10.23-RC.1", true],
    ["2.10.22-RC.3", true],
    ["2.10.23", false],
    ["2.10.23+build.7", false],
    ["2.10.24-RC.1", false],
    ["2.10.27", false],
    ["2.11.0-RC.1", false],
    ["3.0.0", false],
  ])("of version %j: refused is %j", (version, isRefused) => {
    const ask = (accepted: boolean) => (): void => requireSafeServer(version, { accepted });
    if (isRefused) expect(ask(false)).toThrow(/2\.10\.23 or later.*--accept-unsynced-log/);
    else expect(ask(false)).not.toThrow();
    expect(ask(true)).not.toThrow();
  });
});

describe("addresses of change logs", () => {
  it.each([
    ["embedded", { kind: "embedded" }],
    ["nats://a:4222", { kind: "jetstream", urls: ["nats://a:4222"] }],
    ["nats://a, tls://b:1", { kind: "jetstream", urls: ["nats://a", "tls://b:1"] }],
    ["nats://m%40e@a:1", { kind: "jetstream", urls: ["nats://a:1"], user: "m@e" }],
    ["nats://me:pass@a:1", undefined],
    ["nats://a,nats://me:pass@b", undefined],
    ["http://a", undefined],
    ["nats://", undefined],
    ["nats://a,", undefined],
    ["", undefined],
  ])("%s", (text, address) => {
    expect(parseLogAddress(text)).toEqual(address);
  });
});
