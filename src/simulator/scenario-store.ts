import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { messageOf } from "../errors.ts";
import { nearestName } from "../nearest.ts";
import type { ServiceProfile } from "./profile.ts";
import { readScenarioFile, type ScenarioFile } from "./scenario.ts";
import { readProfile } from "./scenario-parts.ts";
import { ScenarioError, Section } from "./section.ts";

const folder = join(import.meta.dirname, "../../load/scenarios");

/** The names of the scenarios that come with the product. */
export function scenarioNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .sort();
}

/** Reads a scenario by its name, or from a file. */
export function loadScenario(nameOrFile: string): ScenarioFile {
  const named = join(folder, `${nameOrFile}.json`);
  const path = existsSync(named) ? named : nameOrFile;
  if (!existsSync(path)) {
    const names = scenarioNames();
    const near = nearestName(nameOrFile, names);
    const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
    throw new ScenarioError(`there is no scenario ${nameOrFile}; ${hint}`);
  }
  return readAs(path, readScenarioFile);
}

/** Reads service times from a file: a `service` section by itself. */
export function loadProfile(path: string): ServiceProfile {
  if (!existsSync(path)) throw new ScenarioError(`there is no file ${path}`);
  return readAs(path, (json) => readProfile(new Section(json, "")));
}

/** What a file holds, as `read` takes it; what does not fit is said with the file's name. */
function readAs<T>(path: string, read: (json: unknown) => T): T {
  const json = readJson(path);
  try {
    return read(json);
  } catch (error) {
    throw error instanceof ScenarioError ? new ScenarioError(`${path}: ${error.message}`) : error;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ScenarioError(`${path} is not JSON: ${messageOf(error)}`);
  }
}
