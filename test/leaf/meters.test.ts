import { expect, it } from "vitest";
import type { CallOutcome } from "../../src/leaf/link.ts";
import { meterCalls } from "../../src/leaf/meters.ts";
import type { LinkCallName } from "../../src/protocol/link.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { readExposition } from "../support/exposition.ts";
import { virtualTime } from "../support/virtual-time.ts";

it("counts every call that roots make by its name, and any other as other", async () => {
  const metrics = createMetrics({ runtime: false });
  const { clock } = virtualTime();
  const answered: CallOutcome = { kind: "answered", result: {} };
  const call = meterCalls(async () => answered, { metrics, clock });
  const names: Record<LinkCallName, true> = {
    ...{ open: true, close: true, apply: true, statistics: true, status: true, retain: true },
  };
  for (const name of [...Object.keys(names), "tango"]) await call({ name, params: {}, body: new Uint8Array() });
  const { families } = readExposition((await metrics.scrape()).text);
  const counted = families.get("hedgerow_leaf_calls_total")?.samples.filter(({ value }) => value > 0) ?? [];
  expect(counted.map(({ labels }) => labels.call).sort()).toEqual([...Object.keys(names), "other"].sort());
});
