import { expect, it } from "vitest";
import { TailPolicy } from "../../src/policy/tail.ts";
import { Catalog } from "../../src/root/catalog.ts";
import { Definitions } from "../../src/root/definitions.ts";
import { IndexAdmin } from "../../src/root/index-admin.ts";
import { Waits } from "../../src/root/waits.ts";
import { fullGrant } from "../../src/security/access.ts";
import { seededRandom } from "../../src/time.ts";
import { demoDefinition } from "../support/fake-replica.ts";
import { virtualTime } from "../support/virtual-time.ts";

/** The indexes of a root on a log that holds one index, and the aliases that another root has set. */
function indexesOver(aliases: Map<string, string>) {
  const time = virtualTime();
  const { clock, timers } = time;
  const catalog = new Catalog({ termsMax: 10, policy: new TailPolicy({ random: seededRandom(1) }) });
  const definitions = [demoDefinition];
  const log = {
    aliases: async () => Object.fromEntries(aliases),
    indexes: async () => definitions,
    onDefinitions: () => () => undefined,
    createIndex: async () => ({ kind: "created" as const, definition: demoDefinition }),
    dropIndex: async (name: string) => {
      const dropped = [...aliases.keys()].filter((alias) => aliases.get(alias) === name).sort();
      for (const alias of dropped) aliases.delete(alias);
      return name === demoDefinition.index && definitions.pop() !== undefined ? dropped : undefined;
    },
    setAliases: async (set: Record<string, string | null>) => {
      for (const [alias, index] of Object.entries(set)) if (index !== null) aliases.set(alias, index);
    },
  };
  const topology = { take: () => undefined, release: () => undefined, saltFor: () => 0 };
  const indexes = new IndexAdmin({
    ...{ catalog, log, topology, clock, defaults: { shards: 1, replicas: 1 } },
    definitions: new Definitions({ log, catalog, topology, timers }),
    waits: new Waits({ clock, timers }),
  });
  return { indexes, catalog, time };
}

it("serves an alias at once that points at what another root has just created", async () => {
  const { indexes, catalog } = indexesOver(new Map());
  expect(await indexes.setAliases({ current: demoDefinition.index })).toEqual({ current: demoDefinition.index });
  expect(catalog.get("current", fullGrant).definition).toEqual(demoDefinition);
});

it("names the aliases that go with a dropped index, those that another root has set too", async () => {
  const { index } = demoDefinition;
  const aliases = new Map(Object.entries({ new: index, other: "books", current: index }));
  const { indexes, catalog } = indexesOver(aliases);
  expect(await indexes.drop(index)).toEqual(["current", "new"]);
  expect(catalog.aliases).toEqual({ other: "books" });
  expect(await indexes.drop(index)).toBeUndefined();
});

it("says at once that an index was dropped while its creator waited for it", async () => {
  const { indexes, time } = indexesOver(new Map());
  const { index, settings } = demoDefinition;
  const created = expect(indexes.create(index, settings)).rejects.toThrow("was dropped while it was created");
  await new Promise(setImmediate);
  await indexes.drop(index);
  time.advance(10);
  await created;
});
