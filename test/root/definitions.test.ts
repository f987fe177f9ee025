import { beforeEach, describe, expect, it } from "vitest";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { Catalog } from "../../src/root/catalog.ts";
import { Definitions } from "../../src/root/definitions.ts";
import { seededRandom, yieldToLoop } from "../../src/time.ts";
import { demoDefinition } from "../support/fake-replica.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

describe("the catalog of a root that others share the log with", () => {
  let time: VirtualTime;
  let catalog: Catalog;
  let definitions: Definitions;
  let standing: IndexDefinition[];
  let refuses: boolean;
  let asked: number;
  let tell: () => void;

  function change(incarnation: number): void {
    standing = [{ ...demoDefinition, incarnation }];
    tell();
  }
  const known = (): number | undefined => catalog.find(demoDefinition.index)?.definition.incarnation;

  beforeEach(async () => {
    time = virtualTime();
    catalog = new Catalog({ termsMax: 10, policy: new TailPolicy({ random: seededRandom(1) }) });
    standing = [];
    refuses = false;
    asked = 0;
    tell = () => undefined;
    definitions = new Definitions({
      log: {
        aliases: async () => ({}),
        async indexes() {
          asked++;
          if (refuses) throw new Error("the log does not answer");
          return standing;
        },
        onDefinitions(listener) {
          tell = listener;
          return () => {
            tell = () => undefined;
          };
        },
      },
      catalog,
      topology: { take: () => undefined, release: () => undefined },
      timers: time.timers,
    });
    await definitions.start();
  });

  it("has heard of a change whatever another was doing at that moment", async () => {
    for (let turns = 0, incarnation = 1; turns < 40; turns++, incarnation += 2) {
      change(incarnation);
      for (let turn = 0; turn < turns; turn++) await undefined;
      change(incarnation + 1);
      await yieldToLoop();
      expect(known(), `${turns} turns later`).toBe(incarnation + 1);
    }
  });

  it("is tried again until the log answers", async () => {
    refuses = true;
    change(7);
    for (let tries = 0; tries < 5; tries++) {
      await yieldToLoop();
      expect(known()).toBeUndefined();
      time.advance(1_000);
    }
    refuses = false;
    await yieldToLoop();
    time.advance(1_000);
    await yieldToLoop();
    expect(known()).toBe(7);
    expect(time.pending).toBe(0);
  });

  it("asks no more once it is closed", async () => {
    refuses = true;
    change(7);
    await yieldToLoop();
    definitions.close();
    const before = asked;
    time.advance(1_000);
    await yieldToLoop();
    expect(asked).toBe(before);
    expect(time.pending).toBe(0);
  });
});
