import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runLoad } from "../../load/runner/command.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { listOf } from "../support/word-index.ts";

const directory = mkdtempSync(join(tmpdir(), "hedgerow-harness-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Two leaves of which one dies, under a load that any machine can carry. */
const scenario = {
  name: "tiny",
  about: "a leaf of two dies",
  layout: { shards: 1, replicas: 2, leaves: 2 },
  service: { kind: "constant", ms: 1 },
  load: { arrivals: { kind: "rate", perSecond: 40 }, queries: 100, budgetMs: 10_000 },
  faults: [{ kind: "crash", on: { leaves: [1] }, fromMs: 2_000, untilMs: 3_500 }],
  live: {
    steadyState: "calm",
    hypothesis: "nothing is lost",
    durationMs: 5_000,
    documents: 300,
    targets: [
      { phase: "fault", measure: "availability", atLeast: 0.99 },
      { phase: "fault", measure: "coverage", atLeast: 0.99 },
    ],
  },
};

type Ended = { code: number; stdout: string; stderr: string };

async function load(args: readonly string[]): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  const code = await runLoad(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    isTerminal: false,
    interrupted: new Promise(() => undefined),
  });
  return { code, stdout, stderr };
}

function written(name: string, targets: readonly object[]): string {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...scenario, live: { ...scenario.live, targets } }));
  return path;
}

/** A cluster is started and filled: seconds, or minutes on a machine that is busy with other things. */
const slow = { timeout: 400_000 };

describe("npm run load", () => {
  test("plays a scenario with a real fault, writes its report, and ends with 0 where it held", slow, async () => {
    const report = join(directory, "report");
    const ended = await load(["--scenario", written("held", scenario.live.targets), "--report", report, "--profile"]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout.match(/^holds/gm)).toHaveLength(2);
    const parsed: unknown = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
    const variants = isRecord(parsed) && isRecord(parsed.variants) ? parsed.variants : {};
    const all = isRecord(variants.all) && isRecord(variants.all.figures) ? variants.all.figures : {};
    expect(Object.keys(all).sort()).toEqual(["after", "all", "fault", "steady"]);
    expect(isRecord(all.all) ? all.all.queries : 0).toBeGreaterThan(120);
    const page = readFileSync(join(report, "report.html"), "utf8");
    expect(page).toContain("uPlot");
    // It needs no network: whatever it loads is in it.
    expect(page).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)=/);

    const profiles = listOf(isRecord(parsed) ? parsed.profiles : []);
    // The leaf that died has none.
    expect(profiles.map(({ process, legs }) => [process, legs])).toEqual([
      ["root", [1]],
      ["leaf-1", [1]],
      ["leaf-2", []],
    ]);
    for (const { functions } of profiles.slice(0, 2)) expect(listOf(functions)).toHaveLength(12);
    expect(page.match(/<svg class="flame"/g)).toHaveLength(2);
    const files = readdirSync(report).filter((name) => name.endsWith(".cpuprofile"));
    expect(files.sort()).toEqual(["leg-1-leaf-1.cpuprofile", "leg-1-root.cpuprofile"]);

    const compared = await load(["--compare", report, report, "--json"]);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toContain('"differs":false');
    expect(compared.stdout).not.toContain('"differs":true');
  });

  test("ends with 1 where it did not hold", slow, async () => {
    const impossible = [{ measure: "latencyMs.p50", atMost: 0.001 }];
    const ended = await load(["--scenario", written("impossible", impossible), "--duration", "3"]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^FAILS {2}latencyMs\.p50/m);
  });

  test("ends with 1 where the target does not answer", async () => {
    const ended = await load(["--scenario", "steady", "--target", "http://127.0.0.1:9"]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("no answer from http://127.0.0.1:9");
  });

  test.each([
    [["--scenario", "stedy"], "did you mean steady?"],
    [["--scenario", "tied"], "for the simulator alone"],
    [["--scenaro", "steady"], "--scenaro"],
    [["--scenario", "killed-leaf", "--target", "http://127.0.0.1:1"], "has faults"],
    [["--scenario", "steady", "--queries", "nowhere.tsv"], "nowhere.tsv"],
    [["--compare", "nowhere", "nowhere"], "nowhere"],
  ])("ends with 2 and says what is wrong: %j", async (args, message) => {
    const ended = await load(args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});
