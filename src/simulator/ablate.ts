import type { PolicySettings } from "../policy/settings.ts";
import { noPolicies } from "./policy-patch.ts";
import type { Scenario } from "./scenario.ts";

const switches: readonly [string, (policy: PolicySettings) => PolicySettings][] = [
  ["all on", (policy) => policy],
  ["without hedging", (policy) => ({ ...policy, hedge: { ...policy.hedge, enabled: false } })],
  ["without cancelling", (policy) => ({ ...policy, hedge: { ...policy.hedge, cancel: false } })],
  ["without budget", (policy) => ({ ...policy, budget: { ...policy.budget, deposit: 1, retryShare: 0 } })],
  ["without replica choice", (policy) => ({ ...policy, choice: { ...policy.choice, rule: "random" } })],
  ["round-robin choice", (policy) => ({ ...policy, choice: { ...policy.choice, rule: "round-robin" } })],
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
