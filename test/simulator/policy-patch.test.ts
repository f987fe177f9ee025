import { expect, test } from "vitest";
import { policyDefaults } from "../../src/policy/settings.ts";
import { noPolicies, readPolicy } from "../../src/simulator/policy-patch.ts";
import { Section } from "../../src/simulator/section.ts";

/** Another value of the same kind. */
function changed(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") return "round-robin";
  if (typeof value === "number") return Number.isInteger(value) ? value + 1 : value / 2;
  return 5;
}

test("a scenario may give every setting of the policy", () => {
  const parts = Object.entries(policyDefaults).map(([part, settings]) => {
    const given = Object.entries(settings).map(([name, value]) => [name, changed(value)]);
    return [part, Object.fromEntries(given)];
  });
  const patch = Object.fromEntries(parts);
  expect(readPolicy(new Section(patch, "policy"))).toEqual(patch);
});

test("what a scenario does not give stays as it is", () => {
  const { hedge } = policyDefaults;
  const patch = { hedge: { quantile: 0.5, tiedDelayMs: 2 } };
  const patched = { ...hedge, quantile: 0.5, tiedDelayMs: 2 };
  expect(readPolicy(new Section(patch, "policy"))).toEqual({ ...policyDefaults, hedge: patched });
  const none = readPolicy(new Section({ ...patch, none: true }, "policy"));
  expect(none).toEqual({ ...noPolicies, hedge: { ...patched, enabled: false } });
});

test.each([
  [{ hedge: { quantile: 1.1 } }, "policy.hedge.quantile must be a number from 0 to 1"],
  [{ hedge: { windowSlots: 2.5 } }, "policy.hedge.windowSlots must be a whole number"],
  [{ hedge: { tiedDelayMs: "5" } }, "policy.hedge.tiedDelayMs must be a number of at least 0"],
  [{ hedge: { cancel: 1 } }, "policy.hedge.cancel must be true or false"],
  [{ budget: { deposit: -1 } }, "policy.budget.deposit must be a number of at least 0"],
  [{ choice: { rule: "fastest" } }, "policy.choice.rule must be one of two-choices, round-robin, random"],
  [{ admission: { limitMin: 0.5 } }, "policy.admission.limitMin must be a number of at least 1"],
  [{ budget: { quantile: 0.5 } }, "policy.budget.quantile is not known"],
  [{ hedging: {} }, "policy.hedging is not known"],
])("%j is refused", (patch, message) => {
  expect(() => readPolicy(new Section(patch, "policy"))).toThrow(message);
});
