import type { Fault, LeafSelection } from "./fault.ts";
import type { ServiceProfile } from "./profile.ts";
import { checkedNumber, ScenarioError, Section } from "./section.ts";

/** Reads a `service` section. */
export function readProfile(section: Section): ServiceProfile {
  const profile = profileOf(section);
  section.done();
  return profile;
}

function profileOf(section: Section): ServiceProfile {
  const kind = section.oneOf("kind", ["constant", "exponential", "lognormal", "quantiles", "mixture", "hiccups"]);
  const time = { min: 0 };
  const share = { min: 0, max: 1 };
  switch (kind) {
    case "constant":
      return { kind, ms: section.number("ms", time) };
    case "exponential":
      return { kind, meanMs: section.number("meanMs", time) };
    case "lognormal":
      return { kind, medianMs: section.number("medianMs", time), spread: section.number("spread", time) };
    case "quantiles":
      return { kind, points: readPoints(section) };
    case "mixture":
      return {
        kind,
        base: readProfile(section.section("base")),
        share: section.number("share", share),
        other: readProfile(section.section("other")),
      };
    case "hiccups":
      return {
        kind,
        base: readProfile(section.section("base")),
        share: section.number("share", share),
        meanMs: section.number("meanMs", time),
      };
  }
}

function readPoints(section: Section): [number, number][] {
  const points = section.list("points").map((point, i): [number, number] => {
    const path = `${section.at("points")}[${i}]`;
    if (!Array.isArray(point) || point.length !== 2) throw new ScenarioError(`${path} must be [share, ms]`);
    return [
      checkedNumber(point[0], `${path}[0]`, { min: 0, max: 1 }),
      checkedNumber(point[1], `${path}[1]`, { min: 1e-6 }),
    ];
  });
  if (points.length < 2) throw new ScenarioError(`${section.at("points")} needs two points or more`);
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1], points[i]];
    if (before === undefined || after === undefined) continue;
    if (after[0] <= before[0] || after[1] < before[1]) throw new ScenarioError(`${section.at("points")} must ascend`);
  }
  return points;
}

/** Reads the list of faults. */
export function readFaults(faults: readonly unknown[]): Fault[] {
  return faults.map((fault, i) => {
    const section = new Section(fault, `faults[${i}]`);
    const read = faultOf(section);
    section.done();
    return read;
  });
}

function faultOf(section: Section): Fault {
  const kind = section.oneOf("kind", ["slow", "hung", "crash", "pauses", "join"]);
  const on = readSelection(section.section("on"));
  const fromMs = section.number("fromMs", { min: 0 }, 0);
  if (kind === "join") {
    return {
      kind,
      on,
      fromMs,
      factor: section.number("factor", { min: 0 }, 1),
      warmMs: section.number("warmMs", { min: 0 }, 0),
    };
  }
  const untilMs = section.optionalNumber("untilMs", { min: fromMs });
  const span = { on, fromMs, ...(untilMs === undefined ? {} : { untilMs }) };
  switch (kind) {
    case "slow":
      return { kind, ...span, factor: section.number("factor", { min: 0.001 }) };
    case "pauses":
      return {
        kind,
        ...span,
        everyMs: section.number("everyMs", { min: 0.001 }),
        pauseMs: section.number("pauseMs", { min: 0 }),
      };
    default:
      return { kind, ...span };
  }
}

/** Reads which leaves something befalls. */
export function readSelection(section: Section): LeafSelection {
  const selection = selectionOf(section);
  section.done();
  return selection;
}

function selectionOf(section: Section): LeafSelection {
  if (section.has("all")) return section.flag("all", true) ? { all: true } : { count: 0 };
  if (section.has("count")) return { count: section.number("count", { min: 0, whole: true }) };
  if (section.has("share")) return { share: section.number("share", { min: 0, max: 1 }) };
  if (section.has("zone")) return { zone: section.text("zone") };
  if (section.has("leaves")) {
    return { leaves: section.list("leaves").map((leaf, i) => checkedNumber(leaf, `${section.at("leaves")}[${i}]`)) };
  }
  throw new ScenarioError(`${section.path} must say which leaves: all, count, share, zone or leaves`);
}
