import type { ErrorPlace } from "../errors.ts";
import { whatFits } from "./what-fits.ts";

/** What a schema validator says of one place that does not fit (ajv's form, with the schema of the place if it is told). */
export type ValidationFinding = {
  instancePath: string;
  keyword?: string;
  schemaPath?: string;
  message?: string;
  params: Readonly<Record<string, unknown>>;
  parentSchema?: unknown;
};

/**
 * The places that a validator found, for whoever sent the request. Of alternatives none of which fits, a validator tells
 * of each; here the one that was meant says what is wrong in it, or where none was, the place what it takes. `noun` is
 * what an unknown name should have been.
 */
export function placesOf(findings: readonly ValidationFinding[], noun: string): ErrorPlace[] {
  const choices = findings.filter(({ keyword }) => keyword === "anyOf");
  const names = findings.filter(({ keyword }) => keyword === "propertyNames");
  const [choice, name] = [choices.at(-1), names.at(-1)];
  if (name !== undefined) return [misnamed(name)];
  if (choice === undefined) return findings.map((finding) => placeOf(finding, noun));
  const inside = findings.filter((finding) => isInside(finding, choice));
  if (inside.length > 0) return inside.map((finding) => placeOf(finding, noun));
  return [{ path: choice.instancePath, detail: `must be ${whatFits(choice.parentSchema)}` }];
}

/** Whether a finding is about a part of what was sent: then its alternative was meant, and only that part is wrong. */
function isInside({ instancePath, keyword }: ValidationFinding, choice: ValidationFinding): boolean {
  return (
    instancePath.length > choice.instancePath.length || keyword === "additionalProperties" || keyword === "required"
  );
}

function misnamed({ instancePath, params, parentSchema }: ValidationFinding): ErrorPlace {
  const path = `${instancePath}/${String(params.propertyName)}`;
  const names = memberOf(parentSchema, "propertyNames");
  const rule = memberOf(names, "description");
  return { path, detail: `is no name that fits here${typeof rule === "string" ? `: ${rule}` : ""}` };
}

function placeOf({ instancePath: path, params, message }: ValidationFinding, noun: string): ErrorPlace {
  if (typeof params.additionalProperty === "string") {
    return { path: `${path}/${params.additionalProperty}`, detail: `is not a known ${noun}` };
  }
  if (Array.isArray(params.allowedValues)) {
    return { path, detail: `must be one of ${params.allowedValues.join(", ")}` };
  }
  if (Array.isArray(params.type)) return { path, detail: `must be ${params.type.join(" or ")}` };
  return { path, detail: message ?? "does not fit" };
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
