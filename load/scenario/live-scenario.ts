import { existsSync } from "node:fs";
import { nearestName } from "../../src/nearest.ts";
import { onlyVariant, type Scenario } from "../../src/simulator/scenario.ts";
import { loadScenario, scenarioNames } from "../../src/simulator/scenario-store.ts";
import { ScenarioError } from "../../src/simulator/section.ts";
import { isMeasure, measureNames } from "../runner/measures.ts";
import { type LiveSection, type LiveTarget, readLiveSection } from "./live-section.ts";

/** One variant of a scenario, with what only live runs need. */
export type LiveVariant = { name: string; scenario: Scenario; live: LiveSection };

export type LiveScenario = {
  name: string;
  about: string;
  variants: readonly LiveVariant[];
  targets: readonly Checked[];
};

/** A target whose variant is known. */
type Checked = LiveTarget & { variant: string };

export { ScenarioError } from "../../src/simulator/section.ts";

/** The scenarios that come with the product and can be run live. */
export function liveScenarioNames(): string[] {
  return scenarioNames().filter((name) => loadScenario(name).variants.some(({ live }) => live !== undefined));
}

/** Reads a scenario by its name, or from a file. Throws a ScenarioError that names what does not fit. */
export function loadLiveScenario(nameOrFile: string): LiveScenario {
  if (!scenarioNames().includes(nameOrFile) && !existsSync(nameOrFile)) {
    const names = liveScenarioNames();
    const near = nearestName(nameOrFile, names);
    const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
    throw new ScenarioError(`there is no scenario ${nameOrFile}; ${hint}`);
  }
  const file = loadScenario(nameOrFile);
  const variants = file.variants.map((scenario): LiveVariant => {
    if (scenario.live === undefined) {
      throw new ScenarioError(
        `${file.name} is for the simulator alone: it has no "live" section; ${liveScenarioNames().join(", ")} have one`,
      );
    }
    const path = scenario.variant === onlyVariant ? "live" : `live (of the variant ${scenario.variant})`;
    return { name: scenario.variant, scenario, live: readLiveSection(scenario.live, path) };
  });
  const targets = (variants[0]?.live.targets ?? []).map((target, i) => checked(target, `live.targets[${i}]`, variants));
  return { name: file.name, about: file.about, variants, targets };
}

function checked(target: LiveTarget, path: string, variants: readonly LiveVariant[]): Checked {
  if (!isMeasure(target.measure)) {
    throw new ScenarioError(`${path}.measure must be one of ${measureNames.join(", ")}`);
  }
  const only = variants.length === 1 ? variants[0]?.name : undefined;
  const variant = target.variant ?? only;
  if (variant === undefined) throw new ScenarioError(`${path} must name one of the variants`);
  for (const wanted of [variant, target.of]) {
    if (wanted === undefined || variants.some(({ name }) => name === wanted)) continue;
    throw new ScenarioError(`${path} speaks of the variant ${wanted}, which is not there`);
  }
  return { ...target, variant };
}
