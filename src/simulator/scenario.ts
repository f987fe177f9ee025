import type { PolicySettings } from "../policy/settings.ts";
import { isRecord } from "../protocol/record.ts";
import type { Fault } from "./fault.ts";
import type { LeafSettings } from "./leaf.ts";
import { readPolicy } from "./policy-patch.ts";
import type { ServiceProfile } from "./profile.ts";
import { readFaults, readProfile } from "./scenario-parts.ts";
import { ScenarioError, Section } from "./section.ts";

/** Shards times replicas, dealt out over leaves; a leaf for each replica unless a number is given. */
export type Layout = { shards: number; replicas: number; leaves: number; zones: number; documentsPerShard: number };

/** When queries come: at random instants at a rate, or each as another is answered. */
export type Arrivals =
  /** `load` is the share of the leaves' capacity that first attempts need. */
  { kind: "load"; load: number } | { kind: "rate"; perSecond: number } | { kind: "closed"; connections: number };

/** From `fromMs` on, the rate of open arrivals is multiplied by `factor`. */
export type LoadStage = { fromMs: number; factor: number };

export type Load = {
  arrivals: Arrivals;
  stages: readonly LoadStage[];
  /** Queries that are counted, after those that only warm the policies up. */
  queries: number;
  warmUpQueries: number;
  budgetMs: number;
  minCoverage: number;
  hedge: boolean;
  /** Share of queries with priority batch. */
  batchShare: number;
};

/** One run, complete and checked. */
export type Scenario = {
  name: string;
  variant: string;
  about: string;
  layout: Layout;
  leaf: LeafSettings;
  service: ServiceProfile;
  rttMs: number;
  load: Load;
  faults: readonly Fault[];
  policy: PolicySettings;
  /** `slowShare` is the share of queries that took longer than this. */
  slowerThanMs: number | undefined;
  /** What only the load harness knows to read: a run in real processes. */
  live: unknown;
};

/**
 * What a figure of a variant must be; `of` makes the bounds multiples of the same figure of another variant. With
 * `seeds` above 1 it is promised of that many runs taken together: one alone is too short to show it.
 */
export type Target = {
  variant: string;
  measure: string;
  atMost: number | undefined;
  atLeast: number | undefined;
  of: string | undefined;
  seeds: number;
};

export type ScenarioFile = { name: string; about: string; variants: readonly Scenario[]; targets: readonly Target[] };

/** The variant of a file that names none. */
export const onlyVariant = "all";

/**
 * Reads a scenario file: one run, or a base and `variants` that are each laid over it (objects merge, everything else
 * replaces). Throws a ScenarioError that names the place.
 */
export function readScenarioFile(json: unknown): ScenarioFile {
  const file = new Section(json, "");
  const name = file.text("name");
  const about = file.text("about");
  const targets = file.list("targets").map((target, i) => readTarget(target, `targets[${i}]`));
  const base = Object.fromEntries(
    file
      .keys()
      .filter((key) => !["name", "about", "targets", "variants"].includes(key))
      .map((key) => [key, file.raw(key)]),
  );
  const patches = Object.entries(asRecord(file.raw("variants") ?? { [onlyVariant]: {} }, "variants"));
  const variants = patches.map(([variant, patch]) =>
    readScenario(overlay(base, asRecord(patch, `variants.${variant}`)), { name, variant, about }),
  );
  for (const target of targets) {
    for (const wanted of [target.variant, target.of]) {
      if (wanted === undefined || variants.some((variant) => variant.variant === wanted)) continue;
      throw new ScenarioError(`a target speaks of the variant ${wanted}, which is not there`);
    }
  }
  return { name, about, variants, targets };
}

function readScenario(json: unknown, head: { name: string; variant: string; about: string }): Scenario {
  const section = new Section(json, "");
  const layout = readLayout(section.section("layout"));
  const leaf = readLeaf(section.section("leaf"));
  const scenario: Scenario = {
    ...head,
    layout,
    leaf,
    service: readProfile(section.section("service")),
    rttMs: section.number("rttMs", { min: 0 }, 0.2),
    load: readLoad(section.section("load")),
    faults: readFaults(section.list("faults")),
    policy: readPolicy(section.section("policy")),
    slowerThanMs: section.optionalNumber("slowerThanMs", { min: 0 }),
    live: section.raw("live"),
  };
  section.done();
  if (scenario.load.arrivals.kind === "load" && leaf.workers === undefined) {
    throw new ScenarioError("load.arrivals.load needs leaf.workers: without a limit there is no capacity");
  }
  return scenario;
}

function readLayout(section: Section): Layout {
  const shards = section.number("shards", { min: 1, whole: true });
  const replicas = section.number("replicas", { min: 1, whole: true });
  const layout = {
    shards,
    replicas,
    leaves: section.number("leaves", { min: replicas, whole: true }, shards * replicas),
    zones: section.number("zones", { min: 1, whole: true }, 1),
    documentsPerShard: section.number("documentsPerShard", { min: 1, whole: true }, 10_000),
  };
  section.done();
  return layout;
}

function readLeaf(section: Section): LeafSettings {
  const leaf = {
    workers: section.optionalNumber("workers", { min: 1, whole: true }),
    queueMax: section.number("queueMax", { min: 0 }, 1_000),
    sliceMs: section.number("sliceMs", { min: 0.001 }, 1),
  };
  section.done();
  return leaf;
}

function readLoad(section: Section): Load {
  const load = {
    arrivals: readArrivals(section.section("arrivals")),
    stages: section.list("stages").map((stage, i) => readStage(new Section(stage, `load.stages[${i}]`))),
    queries: section.number("queries", { min: 1, whole: true }),
    warmUpQueries: section.number("warmUpQueries", { min: 0, whole: true }, 0),
    budgetMs: section.number("budgetMs", { min: 1 }, 250),
    minCoverage: section.number("minCoverage", { min: 0, max: 1 }, 0),
    hedge: section.flag("hedge", true),
    batchShare: section.number("batchShare", { min: 0, max: 1 }, 0),
  };
  section.done();
  return load;
}

function readArrivals(section: Section): Arrivals {
  const kind = section.oneOf("kind", ["load", "rate", "closed"]);
  const arrivals: Arrivals =
    kind === "load"
      ? { kind, load: section.number("load", { min: 0.001 }) }
      : kind === "rate"
        ? { kind, perSecond: section.number("perSecond", { min: 0.001 }) }
        : { kind, connections: section.number("connections", { min: 1, whole: true }) };
  section.done();
  return arrivals;
}

function readStage(section: Section): LoadStage {
  const stage = { fromMs: section.number("fromMs", { min: 0 }), factor: section.number("factor", { min: 0 }) };
  section.done();
  return stage;
}

function readTarget(json: unknown, path: string): Target {
  const section = new Section(json, path);
  const target = {
    variant: section.text("variant", onlyVariant),
    measure: section.text("measure"),
    atMost: section.optionalNumber("atMost"),
    atLeast: section.optionalNumber("atLeast"),
    of: section.has("of") ? section.text("of") : undefined,
    seeds: section.number("seeds", { min: 1, whole: true }, 1),
  };
  section.done();
  if (target.atMost === undefined && target.atLeast === undefined) {
    throw new ScenarioError(`${path} needs atMost or atLeast`);
  }
  return target;
}

function asRecord(value: unknown, path: string): Record<string, unknown> {
  const section = new Section(value, path);
  return Object.fromEntries(section.keys().map((key) => [key, section.raw(key)]));
}

/** `patch` laid over `base`. A section that names another `kind` replaces the base's instead of mixing with it. */
function overlay(base: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const below = result[key];
    const mixes = isRecord(value) && isRecord(below) && (value.kind === undefined || value.kind === below.kind);
    result[key] = mixes ? overlay(below, value) : value;
  }
  return result;
}
