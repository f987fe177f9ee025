import type { PolicySettings } from "../policy/settings.ts";
import type { RunFigures } from "./measure.ts";
import { noPolicies } from "./policy-patch.ts";
import type { Scenario } from "./scenario.ts";
import { loadScenario } from "./scenario-store.ts";

const allOn = "all on";

const switches: readonly [string, (policy: PolicySettings) => PolicySettings][] = [
  [allOn, (policy) => policy],
  ["without hedging", (policy) => ({ ...policy, hedge: { ...policy.hedge, enabled: false } })],
  ["without cancelling", (policy) => ({ ...policy, hedge: { ...policy.hedge, cancel: false } })],
  ["without budget", (policy) => ({ ...policy, budget: { ...policy.budget, deposit: 1, retryShare: 0 } })],
  ["without replica choice", (policy) => ({ ...policy, choice: { ...policy.choice, rule: "random" } })],
  ["round-robin choice", (policy) => ({ ...policy, choice: { ...policy.choice, rule: "round-robin" } })],
  ["without slow start", (policy) => ({ ...policy, choice: { ...policy.choice, rampMs: Number.MIN_VALUE } })],
  ["without probation", (policy) => ({ ...policy, probation: { ...policy.probation, enabled: false } })],
  ["without admission", (policy) => ({ ...policy, admission: { ...policy.admission, enabled: false } })],
  ["all off", (policy) => ({ ...noPolicies, deadline: policy.deadline })],
];

/** A scenario once with all its policies, once without each of them, and once with none: what each is worth. */
export function ablations(scenario: Scenario): Scenario[] {
  return switches.map(([name, change]) => ({
    ...scenario,
    variant: `${scenario.variant}: ${name}`,
    policy: change(scenario.policy),
  }));
}

/** What is swept where no scenario is named: between them they need every policy. */
const sweep: readonly (readonly [scenario: string, variant: string])[] = [
  ["hiccups", "load-60"],
  ["slow-replica", "slow"],
  ["hung-replica", "hung"],
  ["brown-out", "hedged"],
  ["cold-replica", "joined"],
  ["overload", "20-shards-1_5x"],
];

/** The runs of the sweep, each named by its scenario and variant. */
export function sweptScenarios(): Scenario[] {
  return sweep.flatMap(([name, variant]) =>
    loadScenario(name)
      .variants.filter((run) => run.variant === variant)
      .map((run) => ({ ...run, variant: `${name} ${variant}` })),
  );
}

/** One line for each run without something: what that something was worth, beside the run with everything. */
export function worthLines(figures: ReadonlyMap<string, RunFigures>): string {
  const lines: string[] = [];
  for (const [name, without] of figures) {
    const at = name.lastIndexOf(": ");
    const whole = figures.get(`${name.slice(0, at)}: ${allOn}`);
    if (whole === undefined || whole === without) continue;
    lines.push(`${name}: ${worth(whole, without)}`);
  }
  return lines.join("\n");
}

function worth(whole: RunFigures, without: RunFigures): string {
  const times = (read: (figures: RunFigures) => number): string =>
    `${(read(without) / Math.max(read(whole), 1e-9)).toFixed(2)}x`;
  const points = (read: (figures: RunFigures) => number): string => {
    const change = (read(without) - read(whole)) * 100;
    return `${change < 0 ? "" : "+"}${change.toFixed(1)} points`;
  };
  const parts = [
    `p99 ${times(({ latencyMs }) => latencyMs.p99)}`,
    `p99.9 ${times(({ latencyMs }) => latencyMs.p999)}`,
    `extra attempts ${points(({ extraAttempts }) => extraAttempts)}`,
    `full answers ${points(({ fullCoverageGoodput }) => fullCoverageGoodput)}`,
  ];
  if (whole.joinedShare > 0) parts.push(`the joined leaf's share ${times(({ joinedShare }) => joinedShare)}`);
  return parts.join(", ");
}
