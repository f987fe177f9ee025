import { type ChoiceSettings, type PolicySettings, policyDefaults } from "../policy/settings.ts";
import type { NumberBounds, Section } from "./section.ts";

/** Everything switched off: one attempt to a random replica, no admission, no probation. */
export const noPolicies: PolicySettings = {
  ...policyDefaults,
  hedge: { ...policyDefaults.hedge, enabled: false },
  choice: { ...policyDefaults.choice, rule: "random" },
  probation: { ...policyDefaults.probation, enabled: false },
  admission: { ...policyDefaults.admission, enabled: false },
};

/** The defaults with a scenario's `policy` section laid over them. `none: true` starts from no policies at all. */
export function readPolicy(section: Section): PolicySettings {
  const base = section.flag("none", false) ? noPolicies : policyDefaults;
  const policy = {
    hedge: readPart(section.section("hedge"), base.hedge),
    budget: readPart(section.section("budget"), base.budget),
    choice: readPart(section.section("choice"), base.choice),
    probation: readPart(section.section("probation"), base.probation),
    deadline: readPart(section.section("deadline"), base.deadline),
    admission: readPart(section.section("admission"), base.admission),
  };
  section.done();
  return policy;
}

type SettingName = { [Part in keyof PolicySettings]: keyof PolicySettings[Part] }[keyof PolicySettings];

const share = { min: 0, max: 1 };
const atLeastOne = { min: 1 };
/** The settings that not every number from 0 up is good for. */
const bounds: Readonly<Record<string, NumberBounds>> = {
  quantile: share,
  windowSlots: { min: 1, whole: true },
  retryShare: share,
  outShareMax: share,
  shadowShare: share,
  mergeReserveShare: share,
  limitStart: atLeastOne,
  limitMin: atLeastOne,
  limitMax: atLeastOne,
  toleratedSlowdown: atLeastOne,
  toleratedBudgetShare: share,
  smoothing: share,
  batchShare: share,
} satisfies Partial<Record<SettingName, NumberBounds>>;

const rules: readonly ChoiceSettings["rule"][] = ["two-choices", "round-robin", "random"];

/** Lays a section over one part of the settings: it may name what stands there, and give what is of that kind. */
function readPart<Part extends object>(section: Section, base: Part): Part {
  const settings = Object.entries(base).map(([name, value]) => [name, readSetting(section, name, value)] as const);
  section.done();
  return Object.assign({ ...base }, Object.fromEntries(settings));
}

function readSetting(section: Section, name: string, base: unknown): unknown {
  if (typeof base === "boolean") return section.flag(name, base);
  if (typeof base === "string") return section.has(name) ? section.oneOf(name, rules) : base;
  const within = bounds[name] ?? { min: 0 };
  return typeof base === "number" ? section.number(name, within, base) : section.optionalNumber(name, within);
}
