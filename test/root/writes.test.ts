import { describe, expect, it } from "vitest";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { Catalog } from "../../src/root/catalog.ts";
import { Writes } from "../../src/root/writes.ts";
import { seededRandom } from "../../src/time.ts";
import { demoDefinition } from "../support/fake-replica.ts";
import { virtualTime } from "../support/virtual-time.ts";

const before: IndexDefinition = { ...demoDefinition, index: "books-1", incarnation: 1 };
const write = { kind: "delete", id: "d", condition: { kind: "none" } } as const;

/** Writes by an alias to an index that is dropped while they come, once the alias stands for the one after it. */
async function writeThrough(name: string, after: IndexDefinition): Promise<{ lives: number[]; result: unknown }> {
  const lives: number[] = [];
  const catalog = new Catalog({ termsMax: 10, policy: new TailPolicy({ random: seededRandom(1) }) });
  catalog.add(before);
  catalog.setAliases({ books: before.index });
  const writes = new Writes({
    ...{ catalog, clock: virtualTime().clock, documentBytesMax: 100 },
    log: {
      head: async () => 0,
      append: async ({ incarnation }) => {
        lives.push(incarnation);
        if (incarnation === before.incarnation) return { kind: "unknown_index" };
        return { kind: "appended", outcomes: [], sequence: 9 };
      },
    },
    definitions: {
      refresh: async () => {
        catalog.remove(before.index);
        catalog.add(after);
        catalog.setAliases({ books: after.index });
      },
    },
  });
  const result: unknown = await writes
    .append({ name, checked: before }, [write], undefined)
    .catch((error: unknown) => error);
  return { lives, result };
}

describe("what is written by an alias while that is switched and its index dropped", () => {
  const after = { ...before, index: "books-2", incarnation: 2 };

  it("goes into the index that the alias stands for by then", async () => {
    expect(await writeThrough("books", after)).toMatchObject({ lives: [1, 2], result: { sequence: 9 } });
  });

  it("is to be sent again where that one has other settings", async () => {
    const settings = { ...before.settings, shards: 9 };
    const { lives, result } = await writeThrough("books", { ...after, settings });
    expect([lives, result]).toMatchObject([[1], { code: "not_ready" }]);
  });

  it("has nowhere to go where the index itself was named", async () => {
    expect(await writeThrough("books-1", after)).toMatchObject({ lives: [1], result: { code: "index_not_found" } });
  });
});
