import { describe, expect, it } from "vitest";
import type { AppendResult } from "../../src/changes/log.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { appendToStanding } from "../../src/root/append-to-standing.ts";
import { settingsOf } from "../changes/model.ts";

const checked: IndexDefinition = { index: "books", incarnation: 1, settings: settingsOf(2) };
const same: IndexDefinition = { ...checked, incarnation: 5, settings: { ...checked.settings, placementSalt: 9 } };
const other: IndexDefinition = { ...checked, incarnation: 5, settings: settingsOf(2, 0.9) };
const appended: AppendResult = { kind: "appended", outcomes: [], sequence: 7 };

/** Appends where one life of the index stands; `known` is what the catalog comes to. */
async function appendWhile(stands: number, known?: IndexDefinition): Promise<{ lives: number[]; result: unknown }> {
  const lives: number[] = [];
  const result: unknown = await appendToStanding(checked, {
    append: async ({ incarnation }) => {
      lives.push(incarnation);
      return incarnation === stands ? appended : { kind: "unknown_index" };
    },
    standing: async () => known,
  }).catch((error: unknown) => error);
  return { lives, result };
}

describe("documents that were checked against an index", () => {
  it("go into that one while it stands", async () => {
    expect(await appendWhile(1, other)).toEqual({ lives: [1], result: appended });
  });

  it("go into the one that was made in its place with the same settings", async () => {
    expect(await appendWhile(5, same)).toEqual({ lives: [1, 5], result: appended });
  });

  it("are not even tried with one that has other settings", async () => {
    const { lives, result } = await appendWhile(5, other);
    expect(lives).toEqual([1]);
    expect(result).toMatchObject({ code: "not_ready", message: expect.stringContaining("with other settings") });
  });

  it("are refused where none stands, or none for long enough", async () => {
    expect((await appendWhile(5)).result).toMatchObject({ code: "index_not_found" });
    expect(await appendWhile(6, same)).toMatchObject({ lives: [1, 5], result: { code: "not_ready" } });
  });
});
