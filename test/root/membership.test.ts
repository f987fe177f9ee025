import { afterEach, describe, expect, it } from "vitest";
import { EmbeddedMembers } from "../../src/changes/embedded-members.ts";
import type { Announcement } from "../../src/changes/members.ts";
import { createLeafLink } from "../../src/root/leaf-link.ts";
import { type LeafAnnouncement, Membership, type MembershipOptions } from "../../src/root/membership.ts";
import { systemClock, systemRandom, systemTimers, yieldToLoop } from "../../src/time.ts";
import { servedLeaf } from "../support/links.ts";
import { virtualTime } from "../support/virtual-time.ts";

const graceMs = 10_000;
/** Nobody listens there. */
const nowhere = "http://127.0.0.1:1";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function newLog(): EmbeddedMembers {
  const kept = new Map<string, Announcement>();
  return new EmbeddedMembers({
    read: async () => [...kept.values()],
    set: async (member) => void kept.set(member.name, member),
    remove: async (name) => void kept.delete(name),
  });
}

function joining(name: string, change: Partial<LeafAnnouncement> = {}): LeafAnnouncement {
  return { name, url: nowhere, life: "first", leaving: false, ...change };
}

/** A membership on virtual time, over real links. */
async function rooted(options: Partial<MembershipOptions> = {}) {
  const time = virtualTime();
  const log = newLog();
  let changes = 0;
  const connectedTo: string[] = [];
  const membership = new Membership({
    listed: [],
    log,
    linkTo(url, name, onState) {
      connectedTo.push(url);
      return createLeafLink({ url, name, clock: systemClock, timers: systemTimers, random: systemRandom, onState });
    },
    clock: time.clock,
    timers: time.timers,
    graceMs,
    onLeaves: () => void changes++,
    onLink: () => undefined,
    ...options,
  });
  ends.push(() => membership.close());
  await membership.start();
  return { membership, log, connectedTo, changes: () => changes, passes: (byMs: number) => passing(time, byMs) };
}

async function passing(time: ReturnType<typeof virtualTime>, byMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < byMs; passedMs += 500) {
    time.advance(500);
    await yieldToLoop();
  }
}

function namesOf(membership: Membership): string[] {
  return membership.members.map(({ name }) => name);
}

describe("a membership", () => {
  it("takes off a leaf that joined and fell silent, but not one that goes on announcing itself or is listed", async () => {
    const listed = [{ name: "listed", url: nowhere }];
    const { membership, log, passes } = await rooted({ listed });
    await membership.announce(joining("silent"));
    await membership.announce(joining("heard"));
    expect(namesOf(membership)).toEqual(["heard", "listed", "silent"]);
    for (let passedMs = 0; passedMs < 3 * graceMs; passedMs += 5_000) {
      // Through another root: this one sees it in the log only.
      await log.announce({ name: "heard", url: nowhere, leaving: false });
      await passes(5_000);
    }
    expect(namesOf(membership)).toEqual(["heard", "listed"]);
    expect(membership.lost).toBe(1);
    await membership.announce(joining("silent", { leaving: true }));
    expect(namesOf(membership)).toEqual(["heard", "listed", "silent"]);
    await passes(2 * graceMs);
    // One that had said that it would leave is not lost, the other one is.
    expect([namesOf(membership), membership.lost]).toEqual([["listed"], 2]);
  });

  it("keeps the place of a silent leaf as long as its link stands, and tells how long it has left", async () => {
    const { membership, passes } = await rooted();
    const { url, leaf } = await servedLeaf({ name: "linked" });
    await membership.announce(joining("linked", { url, life: leaf.bootId }));
    const [member] = membership.members;
    if (member === undefined) throw new Error("it did not join");
    await expect.poll(() => member.link.connected).toBe(true);
    await passes(3 * graceMs);
    expect(namesOf(membership)).toEqual(["linked"]);
    expect(membership.leaseMs(member)).toBe(graceMs);
    await leaf.close(0);
    await expect.poll(() => member.link.connected).toBe(false);
    await passes(4_000);
    expect(membership.leaseMs(member)).toBe(graceMs - 4_000);
    await passes(graceMs);
    expect(namesOf(membership)).toEqual([]);
  });

  it("takes no leaf for another that had its address before: that one is silent, and is taken off", async () => {
    const { membership, passes } = await rooted();
    const { url, leaf } = await servedLeaf({ name: "after" });
    ends.push(() => leaf.close(0));
    await membership.announce(joining("before", { url }));
    await membership.announce(joining("after", { url, life: leaf.bootId }));
    await expect.poll(() => membership.find("after")?.link.connected).toBe(true);
    await expect.poll(() => membership.find("before")?.link.state().trouble).toContain('calls itself "after"');
    expect(membership.find("before")?.link.connected).toBe(false);
    await passes(graceMs + 2_000);
    expect(namesOf(membership)).toEqual(["after"]);
  });

  it("links with a listed leaf whatever it calls itself", async () => {
    const { url, leaf } = await servedLeaf({ name: "its own" });
    ends.push(() => leaf.close(0));
    const { membership } = await rooted({ listed: [{ name: "the operator's", url }] });
    await expect.poll(() => membership.find("the operator's")?.link.connected).toBe(true);
  });

  it("knows a root's leaves from before it was started again, and gives each the whole grace", async () => {
    const log = newLog();
    await log.announce({ name: "before", url: nowhere, leaving: false });
    const { membership, passes } = await rooted({ log });
    expect(namesOf(membership)).toEqual(["before"]);
    await passes(graceMs);
    expect(namesOf(membership)).toEqual(["before"]);
    await passes(2_000);
    expect(namesOf(membership)).toEqual([]);
  });

  it("refuses a second leaf of a name that is taken, and follows one that has moved", async () => {
    const { membership, connectedTo, changes } = await rooted();
    const { url, leaf } = await servedLeaf({ name: "a" });
    ends.push(() => leaf.close(0));
    await membership.announce(joining("a", { url, life: leaf.bootId }));
    await expect.poll(() => membership.find("a")?.link.connected).toBe(true);
    const before = changes();
    const other = membership.announce(joining("a", { url: nowhere, life: "another" }));
    await expect(other).rejects.toMatchObject({ code: "name_taken", message: expect.stringContaining(url) });
    expect(membership.find("a")?.url).toBe(url);

    await membership.announce(joining("a", { url: nowhere, life: leaf.bootId }));
    expect(membership.find("a")?.url).toBe(nowhere);
    expect(connectedTo).toEqual([url, nowhere]);
    // It keeps its place: nothing is to be placed anew.
    expect(changes()).toBe(before);
    await membership.announce(joining("a", { leaving: true, life: leaf.bootId }));
    expect(changes()).toBe(before + 1);
    expect(membership.find("a")?.leaving).toBe(true);
  });

  it("takes no stranger for a listed leaf that is away, nor its word that it leaves", async () => {
    const listed = [{ name: "listed", url: nowhere }];
    const { membership, log } = await rooted({ listed });
    const stranger = joining("listed", { url: "http://127.0.0.1:2", leaving: true });
    await expect(membership.announce(stranger)).rejects.toMatchObject({ code: "name_taken" });
    expect(membership.find("listed")?.leaving).toBe(false);
    expect(await log.all()).toEqual([]);
    await membership.announce(joining("listed", { leaving: true }));
    expect(membership.find("listed")?.leaving).toBe(true);
  });

  it("takes a listed leaf at its word where it names another address than the list, once it was met", async () => {
    const { url, leaf } = await servedLeaf();
    ends.push(() => leaf.close(0));
    const { membership } = await rooted({ listed: [{ name: "listed", url }] });
    await expect.poll(() => membership.find("listed")?.link.connected).toBe(true);
    await membership.announce(joining("listed", { life: leaf.bootId, leaving: true }));
    expect(membership.find("listed")).toMatchObject({ url, leaving: true });
  });

  it("takes a leaf off that says farewell, but not one that has its name by then", async () => {
    const { membership, log } = await rooted();
    const there = "http://127.0.0.1:2";
    await membership.announce(joining("a"));
    await membership.announce(joining("a", { url: there, life: "second" }));
    expect(await membership.remove("a", { url: nowhere })).toBe(false);
    expect(membership.find("a")?.url).toBe(there);
    expect(await membership.remove("a", { url: there })).toBe(true);
    expect(namesOf(membership)).toEqual([]);
    expect(await membership.remove("a", { url: there })).toBe(false);

    await membership.announce(joining("b"));
    expect(await membership.remove("b")).toBe(true);
    expect(await log.all()).toEqual([]);
  });

  it("does not take off a leaf that was started again at the same address by the farewell of its former life", async () => {
    const { membership } = await rooted();
    await membership.announce(joining("a"));
    await membership.announce(joining("a", { life: "second" }));
    expect(await membership.remove("a", { url: nowhere, life: "first" })).toBe(false);
    expect(namesOf(membership)).toEqual(["a"]);
    expect(await membership.remove("a", { url: nowhere, life: "second" })).toBe(true);
    expect(namesOf(membership)).toEqual([]);
  });

  it("goes by the address alone where an announcement was kept without a life", async () => {
    const { membership, log } = await rooted();
    await log.announce({ name: "a", url: nowhere, leaving: false });
    expect(await membership.remove("a", { url: nowhere, life: "any" })).toBe(true);
  });

  it("has leaves announce themselves often enough to lose a few", async () => {
    const beatMsOf = async (ms: number): Promise<number> => (await rooted({ graceMs: ms })).membership.beatMs;
    expect(await beatMsOf(12_000)).toBe(2_000);
    expect(await beatMsOf(600_000)).toBe(5_000);
    expect(await beatMsOf(1_000)).toBeLessThanOrEqual(200);
  });
});
