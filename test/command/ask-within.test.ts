import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run as demo } from "../../src/command/load-demo.ts";
import { run as search } from "../../src/command/search.ts";
import { run as status } from "../../src/command/status.ts";
import { listeningIo, type StubService, startStub } from "../support/stub-service.ts";
import { virtualTime } from "../support/virtual-time.ts";

let stub: StubService | undefined;
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-ask-"));
});
afterEach(async () => {
  await stub?.close();
  await rm(directory, { recursive: true });
});

type Run = typeof status;

/** A command against a service that takes the request and answers nothing, at instants of its own time. */
async function hanging(run: Run, args: string[]) {
  const time = virtualTime();
  const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>();
  stub = await startStub(() => {
    tellAsked();
    return "stall";
  });
  const io = listeningIo({ env: { HEDGEROW_URL: stub.url } });
  let code: number | undefined;
  const done = run(args, io, time.timers).then((ended) => {
    code = ended;
  });
  await asked;
  return { url: stub.url, io, time, done, code: () => code };
}

const why = "what listens there takes connections and does not answer, or nothing comes through to it";

describe("a command whose service hangs", () => {
  const commands: [string, Run, () => string[], number][] = [
    ["status", status, () => [], 5],
    ["demo", demo, () => ["--data", directory], 5],
    ["search with a budget", search, () => ["wind", "--budget-ms", "250"], 1.25],
    ["search with the service's budget", search, () => ["wind"], 61],
  ];
  it.each(commands)("%s gives it up and says so", async (_name, run, args, limitS) => {
    const { url, io, time, done, code } = await hanging(run, args());
    time.advance(1000 * limitS - 1);
    expect(code()).toBeUndefined();
    expect(time.pending).toBe(1);
    time.advance(1);
    await done;
    expect({ code: code(), out: io.out() }).toEqual({ code: 1, out: "" });
    expect(io.err().split("\n").at(-2)).toBe(`hedgerow: no answer from ${url} within ${limitS} s: ${why}`);
    expect(time.pending).toBe(0);
  });

  it("says that it still waits where that may be long", async () => {
    const { url, io, time, done } = await hanging(search, ["wind"]);
    time.advance(4_999);
    expect(io.err()).toBe("");
    time.advance(1);
    expect(io.err()).toBe(`hedgerow: no answer from ${url} yet; waiting 61 s at most\n`);
    time.advance(60_000);
    await done;
  });

  it("has set no timer any more once it was answered", async () => {
    const time = virtualTime();
    stub = await startStub(() => ({ json: { hits: [] } }));
    expect(await search(["wind", "--url", stub.url], listeningIo(), time.timers)).toBe(0);
    expect(time.pending).toBe(0);
  });
});
