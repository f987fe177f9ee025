import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClusterAnswer, LatencySummary } from "../../src/console/page/answers.ts";
import { type Choices, filterOf, toggleChoice } from "../../src/console/page/choices.ts";
import { curlText } from "../../src/console/page/description.ts";
import { durationText, shareText } from "../../src/console/page/figures.ts";
import { History } from "../../src/console/page/history.ts";
import { hitView } from "../../src/console/page/hit-view.ts";
import { Latest } from "../../src/console/page/latest.ts";
import { stretchesOf } from "../../src/console/page/marks.ts";
import { schemaRows, typeText } from "../../src/console/page/schema-rows.ts";
import { agoText, instantsBack } from "../../src/console/page/time-axis.ts";
import { virtualTime } from "../support/virtual-time.ts";
import { curlRequest, shellCommands } from "./shell-commands.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => escapes[letter] ?? letter);
}

const text = fc.string({ unit: fc.constantFrom("a", " ", "<", ">", "&", '"', "'", "mark", "/", "ü", "amp;", "lt;") });

describe("a highlighted fragment", () => {
  it("is the text it was made of, marked where it was marked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text: text.filter((one) => one !== ""), isMarked: fc.boolean() })),
        (stretches) => {
          const html = stretches.map((one) => (one.isMarked ? `<mark>${escaped(one.text)}</mark>` : escaped(one.text)));
          const marked = (all: readonly { text: string; isMarked: boolean }[]): string[] =>
            all.flatMap((one) => [...one.text].map((letter) => letter + String(one.isMarked)));
          expect(marked(stretchesOf(html.join("")))).toEqual(marked(stretches));
        },
      ),
    );
  });
});

describe("typing", () => {
  it("asks for the newest alone, and aborts what it replaces", () => {
    const time = virtualTime();
    const latest = new Latest(time.timers);
    const begun: string[] = [];
    const signals: AbortSignal[] = [];
    const type = (word: string): void =>
      latest.run(100, (signal) => {
        begun.push(word);
        signals.push(signal);
      });
    type("f");
    time.advance(60);
    type("fe");
    time.advance(60);
    expect(begun).toEqual([]);
    time.advance(40);
    expect(begun).toEqual(["fe"]);
    type("fea");
    expect(signals[0]?.aborted).toBe(false);
    time.advance(100);
    expect(begun).toEqual(["fe", "fea"]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

describe("a hit", () => {
  const fields = {
    body: { type: "text" },
    title: { type: "text", boost: 4 },
    notes: { type: "text" },
    kind: { type: "keyword" },
    source: { type: "stored" },
  };

  it("is headed by the field that weighs most, and shows the longest and what matched", () => {
    const document = { title: "gauge", body: "a long body of text", notes: "short", kind: ["a", "b"], source: "x" };
    const hit = { id: "1", score: 1.234, settled: false, document, highlights: { notes: ["<mark>short</mark>"] } };
    const view = hitView(hit, fields);
    expect(view.heading).toEqual([{ text: "gauge", isMarked: false }]);
    expect(view.lines.map(({ field }) => field).sort()).toEqual(["body", "notes"]);
    expect(view.tags.map(({ value }) => value)).toEqual(["a", "b"]);
    expect(view).toMatchObject({ score: "1.23", isSettled: false });
  });

  it("is headed by its id where it has no text", () => {
    expect(hitView({ id: "7", score: null, settled: true }, fields)).toMatchObject({
      heading: [{ text: "7", isMarked: false }],
      score: "",
      lines: [],
    });
  });
});

describe("a long text of a hit", () => {
  it("is cut between letters, though some of them are of two units", () => {
    const document = { title: "a", body: `b${"😀".repeat(400)}` };
    const [line] = hitView(
      { id: "1", score: 1, settled: true, document },
      { title: { type: "text", boost: 2 }, body: { type: "text" } },
    ).lines;
    expect(line?.stretches[0]?.text).toBe(`b${"😀".repeat(159)}…`);
  });
});

describe("an axis of time", () => {
  it.each([
    [60, 600, 10],
    [60, 200, 60],
    [600, 900, 60],
    [600, 200, 600],
    [3_000, 400, 1_200],
    [100_000, 300, 36_000],
  ])("of %i s that is %i px wide names an instant each %i s", (max, widthPx, stepS) => {
    const instants = instantsBack({ min: 0, max, widthPx });
    expect(instants.length * 60).toBeLessThanOrEqual(widthPx);
    expect(instants.slice(0, 2)).toEqual([max, max - stepS]);
  });

  it("says how long ago that was", () => {
    expect([0, 30, 600].map(agoText)).toEqual(["now", "30 s ago", "10 min ago"]);
  });
});

describe("what is ticked", () => {
  it("becomes a filter, and nothing when it is taken back", () => {
    const choices: Choices = new Map();
    toggleChoice(choices, "kind", "a");
    toggleChoice(choices, "kind", "b");
    expect(filterOf(choices)).toEqual({ kind: ["a", "b"] });
    toggleChoice(choices, "kind", "a");
    toggleChoice(choices, "kind", "b");
    expect(filterOf(choices)).toEqual({});
  });
});

function reportOf(answered: number, hedges: number, state = "ready"): ClusterAnswer {
  const summary: LatencySummary = { count: answered, p50Ms: 1, p95Ms: 2, p99Ms: 3, p999Ms: 4 };
  const latencyMs = { "10s": summary, "1m": summary, "5m": summary };
  const replicas = [{ leaf: "leaf-1", zone: null, state, sequence: 1, inflight: 0, latencyMs }];
  return {
    members: [],
    indexes: [
      { index: "demo", statistics: { documents: 1 }, shards: [{ shard: 0, documents: 1, latencyMs, replicas }] },
    ],
    latencyMs,
    searches: { answered, failed: 0 },
    admission: { inflight: 0, limit: 1 },
    hedging: { rate: 0, first: answered * 4, hedges, budgetLeft: 1 },
  };
}

describe("the cluster over time", () => {
  it("is told in rates, and has a gap where the root began anew", () => {
    const history = new History();
    history.take(reportOf(0, 0), 1_000);
    history.take(reportOf(100, 20), 3_000);
    history.take(reportOf(10, 0), 4_000);
    const rates = history.samples.map(({ searchesPerS, hedgeRate, p50Ms }) => [searchesPerS, hedgeRate, p50Ms]);
    expect(rates).toEqual([
      [null, null, null],
      [50, 0.05, 1],
      [null, null, 1],
    ]);
  });

  it("says which replica turned, once", () => {
    const history = new History();
    expect(history.take(reportOf(1, 0), 0)).toEqual([]);
    const change = { index: "demo", shard: 0, leaf: "leaf-1", from: "ready", to: "probation" };
    expect(history.take(reportOf(1, 0, "probation"), 1)).toEqual([change]);
    expect(history.take(reportOf(1, 0, "probation"), 2)).toEqual([]);
  });
});

describe("figures", () => {
  it("never call most of it all, nor little of it nothing", () => {
    expect([0, 0.00001, 0.5, 0.99999, 1].map(shareText)).toEqual(["0 %", "under 0.1 %", "50 %", "99.9 %", "100 %"]);
  });

  it("keep the digits that matter", () => {
    expect([0.1234, 12.34, 123.4, 1234.5, 10_000].map(durationText)).toEqual([
      "0.12 ms",
      "12.3 ms",
      "123 ms",
      "1.23 s",
      "10 s",
    ]);
  });
});

describe("the description's page", () => {
  it("gives commands that a shell takes for the request they stand for", () => {
    const body = fc.string({ unit: fc.constantFrom("a", " ", '"', "{", "}", "$", "\\", "#", "\n") });
    fc.assert(
      fc.property(body, fc.constantFrom("GET", "PUT", "POST", "DELETE"), (sent, method) => {
        const request = { method, path: "/v1/x?q=a+b", type: "application/json", body: sent };
        const [words = []] = shellCommands(`\`\`\`sh\n${curlText("http://root", request)}\n\`\`\`\n`);
        const headers = { "content-type": "application/json" };
        expect(curlRequest(words)).toEqual({ method, url: "http://root/v1/x?q=a+b", headers, body: sent });
      }),
      { seed: 91 },
    );
  });

  it("reads a schema down to its leaves, and stops at names", () => {
    const schema = {
      type: "object",
      required: ["hits"],
      properties: {
        hits: {
          type: "array",
          items: { type: "object", properties: { id: { type: "string", description: "an id" } } },
        },
        match: { anyOf: [{ enum: ["any", "all"] }, { type: "number", minimum: 1, maximum: 100 }] },
        other: { $ref: "#/components/schemas/Other" },
      },
    };
    expect(schemaRows(schema)).toEqual([
      { depth: 0, name: "hits", isRequired: true, type: "list of object", description: "" },
      { depth: 1, name: "id", isRequired: false, type: "string", description: "an id" },
      { depth: 0, name: "match", isRequired: false, type: '"any" or "all" or number, 1 to 100', description: "" },
      { depth: 0, name: "other", isRequired: false, type: "Other", description: "" },
    ]);
    expect(typeText({ type: ["string", "null"] })).toBe("string or null");
  });
});
