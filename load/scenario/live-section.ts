import type { LeafSelection } from "../../src/simulator/fault.ts";
import { readSelection } from "../../src/simulator/scenario-parts.ts";
import { ScenarioError, Section } from "../../src/simulator/section.ts";

/** A stretch of a leg. Instants count from its first query; without an end it lasts until the leg's. */
type Span = { fromMs: number; untilMs: number | undefined };

/** What only real processes and sockets can suffer; scenario files list these beside the faults that both know. */
export type LiveFault = Span &
  (
    | { kind: "delay"; on: LeafSelection; delayMs: number; jitterMs: number }
    /** `share` of the replies is held back for `stallMs`, and only those. */
    | { kind: "stalls"; on: LeafSelection; share: number; stallMs: number }
    /** Connections break again and again. */
    | { kind: "cuts"; on: LeafSelection; everyMs: number }
    /** Frames into the void: connections stand, nothing arrives any more in either direction. */
    | { kind: "blackhole"; on: LeafSelection }
    /** One leaf after another is asked to end, and started again. */
    | { kind: "restarts"; on: LeafSelection; everyMs: number }
    /** Documents are written again, at this rate. */
    | { kind: "writes"; documentsPerSecond: number }
  );

export const phases = ["all", "steady", "fault", "after"] as const;
/** Parts of a leg, warming up left out: before, during and after what disturbs it; `all` is all three. */
export type Phase = (typeof phases)[number];

/** What a figure must be; `of` and `ofPhase` make the bounds multiples of the same figure elsewhere. */
export type LiveTarget = {
  variant: string | undefined;
  phase: Phase;
  measure: string;
  atMost: number | undefined;
  atLeast: number | undefined;
  of: string | undefined;
  ofPhase: Phase | undefined;
};

/** How queries are drawn; see `data/queries.ts`. */
export type StreamSettings = {
  distinct: number;
  zipfExponent: number;
  typoRate: number;
  prefixRate: number;
  filterRate: number;
  repeatRate: number;
};

/** What a scenario file says of live runs alone. */
export type LiveSection = {
  /** In words: how things are when nothing is wrong, and what is held to be true when something is. */
  steadyState: string;
  hypothesis: string;
  durationMs: number;
  warmUpMs: number;
  /** How often the variants are gone through, one after the other. */
  rounds: number;
  /** How many documents of the demo corpus are searched. */
  documents: number;
  /** Fields that every search carries. */
  search: Readonly<Record<string, unknown>>;
  stream: StreamSettings;
  faults: readonly LiveFault[];
  targets: readonly LiveTarget[];
};

/** Reads a `live` section. Throws a ScenarioError that names the place. */
export function readLiveSection(json: unknown, path = "live"): LiveSection {
  const section = new Section(json, path);
  const durationMs = section.number("durationMs", { min: 1_000 });
  const search = section.raw("search") ?? {};
  const live = {
    steadyState: section.text("steadyState"),
    hypothesis: section.text("hypothesis"),
    durationMs,
    warmUpMs: section.number("warmUpMs", { min: 0, max: durationMs - 500 }, 0),
    rounds: section.number("rounds", { min: 1, whole: true }, 1),
    documents: section.number("documents", { min: 100, whole: true }, 20_000),
    search: recordOf(search, section.at("search")),
    stream: readStream(section.section("stream")),
    faults: section.list("faults").map((fault, i) => readFault(new Section(fault, `${section.at("faults")}[${i}]`))),
    targets: section
      .list("targets")
      .map((target, i) => readTarget(new Section(target, `${section.at("targets")}[${i}]`))),
  };
  section.done();
  return live;
}

function recordOf(value: unknown, path: string): Record<string, unknown> {
  const section = new Section(value, path);
  return Object.fromEntries(section.keys().map((key) => [key, section.raw(key)]));
}

function readStream(section: Section): StreamSettings {
  const share = { min: 0, max: 1 };
  const stream = {
    distinct: section.number("distinct", { min: 1, whole: true }, 5_000),
    zipfExponent: section.number("zipfExponent", { min: 0 }, 1),
    typoRate: section.number("typoRate", share, 0),
    prefixRate: section.number("prefixRate", share, 0),
    filterRate: section.number("filterRate", share, 0),
    repeatRate: section.number("repeatRate", share, 0),
  };
  section.done();
  return stream;
}

function readFault(section: Section): LiveFault {
  const fault = faultOf(section);
  section.done();
  return fault;
}

function faultOf(section: Section): LiveFault {
  const kind = section.oneOf("kind", ["delay", "stalls", "cuts", "blackhole", "restarts", "writes"]);
  const fromMs = section.number("fromMs", { min: 0 }, 0);
  const span = { fromMs, untilMs: section.optionalNumber("untilMs", { min: fromMs }) };
  if (kind === "writes") {
    return { kind, ...span, documentsPerSecond: section.number("documentsPerSecond", { min: 1 }) };
  }
  const on = readSelection(section.section("on"));
  switch (kind) {
    case "delay":
      return {
        kind,
        on,
        ...span,
        delayMs: section.number("delayMs", { min: 0 }),
        jitterMs: section.number("jitterMs", { min: 0 }, 0),
      };
    case "stalls":
      return {
        kind,
        on,
        ...span,
        share: section.number("share", { min: 0, max: 1 }),
        stallMs: section.number("stallMs", { min: 0 }),
      };
    case "blackhole":
      return { kind, on, ...span };
    default:
      return { kind, on, ...span, everyMs: section.number("everyMs", { min: 10 }) };
  }
}

function readTarget(section: Section): LiveTarget {
  const phase = (key: string): Phase | undefined => (section.has(key) ? section.oneOf(key, phases) : undefined);
  const text = (key: string): string | undefined => (section.has(key) ? section.text(key) : undefined);
  const target = {
    variant: text("variant"),
    phase: phase("phase") ?? "all",
    measure: section.text("measure"),
    atMost: section.optionalNumber("atMost"),
    atLeast: section.optionalNumber("atLeast"),
    of: text("of"),
    ofPhase: phase("ofPhase"),
  };
  section.done();
  if (target.atMost === undefined && target.atLeast === undefined) {
    throw new ScenarioError(`${section.path} needs atMost or atLeast`);
  }
  return target;
}
