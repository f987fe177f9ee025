import type { Fault } from "../../src/simulator/fault.ts";
import type { Arrivals } from "../../src/simulator/scenario.ts";
import { type LiveScenario, type LiveVariant, ScenarioError } from "../scenario/live-scenario.ts";
import type { LiveFault } from "../scenario/live-section.ts";
import type { RunOptions } from "./options.ts";

type Changes = Pick<RunOptions, "target" | "durationMs" | "arrivals" | "variant">;

/**
 * A scenario as it was asked for: one variant only, longer or shorter, with another load. Throws a ScenarioError where
 * it does not go together.
 */
export function askedFor(scenario: LiveScenario, asked: Changes): LiveScenario {
  const variants = scenario.variants
    .filter(({ name }) => asked.variant === undefined || name === asked.variant)
    .map((variant) => changed(variant, asked));
  if (variants.length === 0) {
    const names = scenario.variants.map(({ name }) => name).join(", ");
    throw new ScenarioError(`${scenario.name} has no variant ${asked.variant}; there are ${names}`);
  }
  if (asked.target !== undefined && variants.some(isDisturbed)) {
    throw new ScenarioError(`${scenario.name} has faults, which a cluster that is not the harness's own is spared`);
  }
  const isThere = (name: string | undefined): boolean =>
    name === undefined || variants.some((variant) => variant.name === name);
  const targets = scenario.targets.filter(({ variant, of }) => isThere(variant) && isThere(of));
  return { ...scenario, variants, targets };
}

function isDisturbed({ scenario, live }: LiveVariant): boolean {
  return scenario.faults.length > 0 || live.faults.length > 0;
}

function changed(variant: LiveVariant, { durationMs, arrivals }: Changes): LiveVariant {
  const { scenario, live } = variant;
  const stretch = durationMs === undefined ? 1 : durationMs / live.durationMs;
  const { load } = scenario;
  const stages = load.stages.map(({ fromMs, factor }) => ({ fromMs: fromMs * stretch, factor }));
  const asked: Arrivals = arrivals ?? load.arrivals;
  return {
    ...variant,
    scenario: {
      ...scenario,
      load: { ...load, arrivals: asked, stages },
      faults: scenario.faults.map((fault) => stretched(fault, stretch)),
    },
    live: {
      ...live,
      durationMs: live.durationMs * stretch,
      warmUpMs: live.warmUpMs * stretch,
      faults: live.faults.map((fault) => stretchedLive(fault, stretch)),
    },
  };
}

function stretched(fault: Fault, stretch: number): Fault {
  const fromMs = fault.fromMs * stretch;
  if (fault.kind === "join" || fault.untilMs === undefined) return { ...fault, fromMs };
  return { ...fault, fromMs, untilMs: fault.untilMs * stretch };
}

function stretchedLive(fault: LiveFault, stretch: number): LiveFault {
  const untilMs = fault.untilMs === undefined ? undefined : fault.untilMs * stretch;
  const everyMs = fault.kind === "restarts" ? { everyMs: fault.everyMs * stretch } : {};
  return { ...fault, ...everyMs, fromMs: fault.fromMs * stretch, untilMs };
}
