import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import type { Announcement, MemberRecord } from "../../src/changes/members.ts";
import type { LogHome } from "./contract.ts";
import { newEmbeddedHome } from "./embedded-home.ts";
import { newJetStreamHome } from "./jetstream-home.ts";

const one: Announcement = { name: "leaf é.1 *>", zone: "a", url: "http://127.0.0.1:9001", leaving: false };
const two: Announcement = { name: "leaf-2", url: "http://127.0.0.1:9002", leaving: false };

function said({ beat: _, ...rest }: MemberRecord): Announcement {
  return rest;
}

async function standing(log: ChangeLog): Promise<Announcement[]> {
  return (await log.members.all()).map(said).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function recordOf(log: ChangeLog, name: string): Promise<MemberRecord> {
  const found = (await log.members.all()).find((record) => record.name === name);
  if (found === undefined) throw new Error(`${name} is no member`);
  return found;
}

function describeMembers(kind: string, newHome: () => Promise<LogHome>): void {
  describe(`the members of ${kind}`, () => {
    let home: LogHome;
    let log: ChangeLog;

    beforeEach(async () => {
      home = await newHome();
      log = await home.open();
    });
    afterEach(async () => {
      await log.close();
      await home.remove();
    });

    it("stand as they announced themselves last, also after the log was opened again", async () => {
      await log.members.announce(one);
      await log.members.announce(two);
      await log.members.announce({ ...one, leaving: true });
      expect(await standing(log)).toEqual([{ ...one, leaving: true }, two]);
      await log.close();
      log = await home.open();
      expect(await standing(log)).toEqual([{ ...one, leaving: true }, two]);
    });

    it("beat with every announcement, and are told of", async () => {
      let told = 0;
      log.members.onChange(() => told++);
      await log.members.announce(one);
      const first = await recordOf(log, one.name);
      const before = told;
      await log.members.announce(one);
      expect((await recordOf(log, one.name)).beat).toBeGreaterThan(first.beat);
      expect(told).toBeGreaterThan(before);
    });

    it("are taken away for good, but not where they have announced themselves since", async () => {
      await log.members.announce(one);
      await log.members.announce(two);
      const { beat } = await recordOf(log, one.name);
      await log.members.announce(one);
      expect(await log.members.remove(one.name, beat)).toBe(false);
      expect(await log.members.remove(one.name, (await recordOf(log, one.name)).beat)).toBe(true);
      expect(await log.members.remove(one.name)).toBe(false);
      await log.close();
      log = await home.open();
      expect(await standing(log)).toEqual([two]);
      await log.members.announce(one);
      expect(await standing(log)).toEqual([one, two]);
    });
  });
}

describeMembers("the embedded log", newEmbeddedHome);

describe.runIf(hasNatsServer("the members of the JetStream log"))("on NATS", () => {
  let starting: Promise<NatsServer> | undefined;
  const started = (): Promise<NatsServer> => {
    starting ??= startNatsServer();
    return starting;
  };
  afterAll(async () => (await starting)?.remove());

  describeMembers("the JetStream log", async () => newJetStreamHome(await started()));

  it("are the same to all roots, through a restart of the server", async () => {
    const server = await started();
    const home = await newJetStreamHome(server);
    const here = await home.open();
    const there = await home.open();
    try {
      await here.members.announce(one);
      await expect.poll(() => standing(there)).toEqual([one]);
      const { beat } = await recordOf(there, one.name);
      await there.members.announce(two);
      await here.members.announce(one);
      await expect.poll(async () => (await recordOf(there, one.name)).beat).toBeGreaterThan(beat);
      expect(await there.members.remove(one.name, beat)).toBe(false);

      await server.kill();
      await server.start();
      await here.members.announce({ ...one, leaving: true });
      await expect.poll(() => standing(there)).toEqual([{ ...one, leaving: true }, two]);
      expect(await there.members.remove(two.name)).toBe(true);
      await expect.poll(() => standing(here)).toEqual([{ ...one, leaving: true }]);
    } finally {
      await here.close();
      await there.close();
      await home.remove();
    }
  });
});
