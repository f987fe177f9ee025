import { afterEach, describe, expect, it } from "vitest";
import { type Announcing, type AnnouncingOptions, announce } from "../../src/leaf/announcing.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { systemClock, systemTimers, type Timers } from "../../src/time.ts";
import { type StubAnswer, type StubService, startStub } from "../support/stub-service.ts";

const leaf = { name: "leaf é/1", zone: "a", url: "http://127.0.0.1:9001", life: "first" };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Ten times as fast as they should be. */
const hastyTimers: Timers = { after: (delayMs, run) => systemTimers.after(delayMs / 10, run) };

/** Nothing is waited for, but answers may take their time. */
const eagerTimers: Timers = {
  after: (delayMs, run) => (delayMs > 1_000 ? { cancel: () => undefined } : systemTimers.after(0, run)),
};

function welcome(change: Partial<{ beatMs: number; departing: number; staying: number }> = {}): StubAnswer {
  return { json: { beatMs: 5, departing: 0, staying: 2, ...change } };
}

async function root(answer: (count: number) => StubAnswer): Promise<StubService> {
  const stub = await startStub((_request, count) => answer(count));
  ends.push(() => stub.close());
  return stub;
}

function announced(options: Partial<AnnouncingOptions> & { roots: readonly string[] }) {
  const logged: { level: string; detail: unknown }[] = [];
  const note =
    (level: string) =>
    (fields: object): void =>
      void logged.push({ level, detail: isRecord(fields) ? fields.detail : undefined });
  const log = { warn: note("warn"), info: note("info") };
  const parts = { leaf, held: () => 2, clock: systemClock, timers: systemTimers, log };
  const announcing: Announcing = announce({ ...parts, ...options });
  ends.push(() => announcing.stop());
  return { announcing, logged };
}

function saysLeaving({ seen }: StubService): unknown[] {
  return seen.map(({ json }) => (isRecord(json) ? json.leaving : undefined));
}

describe("a leaf that announces itself", () => {
  it("says who and where it is, again and again, at the pace that the root asks for", async () => {
    const one = await root(() => welcome());
    announced({ roots: [one.url] });
    await expect.poll(() => one.seen.length).toBeGreaterThan(3);
    const [first] = one.seen;
    expect([first?.method, first?.path]).toEqual(["POST", "/v1/members"]);
    expect(first?.json).toEqual({ ...leaf, leaving: false });
  });

  it("goes to the next root when one does not listen, and says so once", async () => {
    const refusal = { status: 503, json: { detail: "the disk is full" } };
    const one = await root((count) => (count < 3 ? refusal : welcome()));
    const two = await root(() => welcome());
    const { logged } = announced({ roots: [one.url, two.url] });
    await expect.poll(() => two.seen.length).toBeGreaterThan(3);
    expect(one.seen).toHaveLength(1);
    expect(logged).toEqual([
      { level: "warn", detail: "503: the disk is full" },
      { level: "info", detail: undefined },
    ]);
  });

  it("goes on trying when nobody listens, and names the reason each time it changes", async () => {
    const one = await root((count) => (count === 1 ? "hang up" : { status: 409, json: { detail: "taken" } }));
    const { logged } = announced({ roots: [one.url], timers: eagerTimers });
    await expect.poll(() => one.seen.length).toBeGreaterThan(2);
    await expect.poll(() => logged.length).toBe(2);
    expect(logged[1]).toEqual({ level: "warn", detail: "409: taken" });
  });

  it("goes to the next root when one stalls behind its headers", async () => {
    const one = await root(() => "stall");
    const two = await root(() => welcome());
    const { logged } = announced({ roots: [one.url, two.url], timers: hastyTimers });
    await expect.poll(() => two.seen.length).toBeGreaterThan(3);
    expect(logged[0]).toEqual({ level: "warn", detail: "no answer within 3000 ms" });
  });
});

describe("a leaf that is told to end", () => {
  it("waits until nothing is to be taken over any more and every root has let go", async () => {
    let goodbyes = 0;
    const one = await startStub(({ json }) => {
      if (isRecord(json) && json.leaving === true) goodbyes++;
      return welcome({ departing: goodbyes < 3 ? 2 : 0, staying: 1 });
    });
    ends.push(() => one.close());
    const { announcing } = announced({ roots: [one.url], held: () => 6 - goodbyes, timers: eagerTimers });
    await expect.poll(() => one.seen.length).toBeGreaterThan(0);
    await announcing.leave(60_000);
    const said = saysLeaving(one);
    expect(said.filter((leaving) => leaving)).toHaveLength(5);
    expect(said.at(-1)).toBe(true);
    // Once it goes it does not say again that it stays.
    expect(said.slice(said.indexOf(true)).includes(false)).toBe(false);
  });

  it("waits no longer than it was given", async () => {
    const one = await root(() => welcome({ departing: 1 }));
    const { announcing } = announced({ roots: [one.url, "http://127.0.0.1:1"] });
    const beganMs = systemClock.nowMs();
    await announcing.leave(300);
    expect(systemClock.nowMs() - beganMs).toBeGreaterThanOrEqual(300);
  });

  it("is taken off by its name, address and life at one root that listens", async () => {
    const one = await root(() => ({ status: 500 }));
    const two = await startStub(({ method }) => (method === "DELETE" ? { status: 204 } : welcome()));
    ends.push(() => two.close());
    const three = await root(() => ({ status: 204 }));
    const { announcing } = announced({ roots: [one.url, two.url, three.url] });
    await announcing.leave(60_000);
    await announcing.end();
    const gone = two.seen.filter(({ method }) => method === "DELETE").map(({ path }) => path);
    const [name, url] = [leaf.name, leaf.url].map(encodeURIComponent);
    expect(gone).toEqual([`/v1/members/${name}?url=${url}&life=${leaf.life}`]);
    expect(three.seen.filter(({ method }) => method === "DELETE")).toEqual([]);
  });

  it("goes at once, and takes nobody off, where another leaf has its name", async () => {
    const one = await root(() => ({ status: 409, json: { detail: "taken" } }));
    const { announcing } = announced({ roots: [one.url], held: () => 0 });
    await announcing.leave(600_000);
    await announcing.end();
    expect(one.seen.map(({ method }) => method).includes("DELETE")).toBe(false);
  });
});
