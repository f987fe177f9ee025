import { expect, it } from "vitest";
import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { createDocumentAnalyzer } from "../../src/engine/document.ts";
import { Shard } from "../../src/engine/shard.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";
import { seededRandom } from "../../src/time.ts";
import { bodyPlan, bodySettings } from "../support/bodies.ts";

const settings: IndexSettings = {
  ...bodySettings,
  fields: { ...bodySettings.fields, key: { type: "keyword" }, keys: { type: "keyword" }, number: { type: "number" } },
};
const analyze = createDocumentAnalyzer(settings, createAnalyzer(settings));
const documents = 600;

function shardOf(): Shard {
  const shard = new Shard(settings, seededRandom(1));
  const { staged, publish } = shard.stage();
  for (let i = 0; i < documents; i++) {
    const members = i % 10 === 9 ? {} : { key: `k${i}`, keys: ["same", `k${i}`], number: i };
    staged.put(analyze(`d${i}`, Buffer.from(JSON.stringify({ body: "bee", ...members }))));
  }
  publish(1);
  return shard;
}

it.each(["key", "keys", "number"])("looks thousands of values of %s up in steps, and finds what has any", (field) => {
  const wanted = Array.from({ length: 9000 }, (_, i) => (field === "number" ? i * 3 : `k${i * 3}`));
  for (const isIn of [true, false]) {
    const any = { kind: "in", field, values: wanted } as const;
    const filter = isIn ? any : ({ kind: "not", of: any } as const);
    const search = shardOf().prepare({ ...bodyPlan(["bee"], documents), filter });
    let pauses = 0;
    while (!search.step(() => true)) pauses++;
    const found = search.finish().hits.map(({ id }) => id);
    const expected = Array.from({ length: documents }, (_, i) => i).filter(
      (i) => (i % 3 === 0 && i % 10 !== 9) === isIn,
    );
    expect(found.sort()).toEqual(expected.map((i) => `d${i}`).sort());
    expect(pauses).toBeGreaterThanOrEqual(8);
  }
});
