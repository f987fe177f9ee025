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

it("serves an alias at once that points at what another root has just created", async () => {
  const { clock, timers } = virtualTime();
  const catalog = new Catalog({ termsMax: 10, policy: new TailPolicy({ random: seededRandom(1) }) });
  const aliases: Record<string, string | null> = {};
  const log = {
    aliases: async () => Object.fromEntries(Object.entries(aliases).map(([alias, index]) => [alias, index ?? ""])),
    indexes: async () => [demoDefinition],
    onDefinitions: () => () => undefined,
    createIndex: () => expect.unreachable(),
    dropIndex: () => expect.unreachable(),
    setAliases: async (set: Record<string, string | null>) => void Object.assign(aliases, set),
  };
  const topology = { take: () => undefined, release: () => undefined, saltFor: () => 0 };
  const indexes = new IndexAdmin({
    ...{ catalog, log, topology, clock, defaults: { shards: 1, replicas: 1 } },
    definitions: new Definitions({ log, catalog, topology, timers }),
    waits: new Waits({ clock, timers }),
  });
  expect(await indexes.setAliases({ current: demoDefinition.index })).toEqual({ current: demoDefinition.index });
  expect(catalog.get("current", fullGrant).definition).toEqual(demoDefinition);
});
