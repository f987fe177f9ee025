import { nearestName } from "../nearest.ts";
import { isRecord } from "../protocol/record.ts";

/** A scenario file that does not fit; the message names the place and what would fit. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

export type NumberBounds = { min?: number; max?: number; whole?: boolean };

/**
 * Reads one object of a scenario file field by field, checking as it goes; `done` refuses whatever was not read, so a
 * misspelt name never passes as a default.
 */
export class Section {
  readonly path: string;
  private readonly fields: Map<string, unknown>;
  private readonly read = new Set<string>();

  constructor(value: unknown, path: string) {
    if (!isRecord(value)) throw new ScenarioError(`${path || "the scenario"} must be an object`);
    this.path = path;
    this.fields = new Map(Object.entries(value));
  }

  has(key: string): boolean {
    return this.fields.has(key);
  }

  raw(key: string): unknown {
    this.read.add(key);
    return this.fields.get(key);
  }

  number(key: string, bounds: NumberBounds = {}, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    return checkedNumber(value, this.at(key), bounds);
  }

  optionalNumber(key: string, bounds: NumberBounds = {}): number | undefined {
    return this.has(key) ? this.number(key, bounds) : undefined;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "boolean") throw new ScenarioError(`${this.at(key)} must be true or false`);
    return value;
  }

  text(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== "string") throw new ScenarioError(`${this.at(key)} must be text`);
    return value;
  }

  oneOf<const Choice extends string>(key: string, choices: readonly Choice[]): Choice {
    const value = this.raw(key);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new ScenarioError(`${this.at(key)} must be one of ${choices.join(", ")}`);
    return found;
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key) ?? [];
    if (!Array.isArray(value)) throw new ScenarioError(`${this.at(key)} must be a list`);
    return value;
  }

  section(key: string): Section {
    return new Section(this.raw(key) ?? {}, this.at(key));
  }

  at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  keys(): string[] {
    return [...this.fields.keys()];
  }

  /** Refuses fields that nothing has asked for. */
  done(): void {
    const known = [...this.read];
    for (const key of this.fields.keys()) {
      if (this.read.has(key)) continue;
      const near = nearestName(key, known);
      const hint = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`;
      throw new ScenarioError(`${this.at(key)} is not known; ${hint}`);
    }
  }
}

export function checkedNumber(value: unknown, path: string, bounds: NumberBounds = {}): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, whole = false } = bounds;
  if (typeof value !== "number" || !Number.isFinite(value) || value < min || value > max) {
    throw new ScenarioError(`${path} must be a number${boundsText(min, max)}`);
  }
  if (whole && !Number.isInteger(value)) throw new ScenarioError(`${path} must be a whole number`);
  return value;
}

function boundsText(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` from ${min} to ${max}`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : "";
}
