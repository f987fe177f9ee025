import { isRecord } from "./record.ts";

/** What a schema takes, in words for whoever sent something else: of the kinds of schemas that are in use here. */
export function whatFits(schema: unknown): string {
  const choices = choicesOf(schema);
  const last = choices.pop() ?? "nothing";
  return choices.length === 0 ? last : `${choices.join(", ")} or ${last}`;
}

function choicesOf(schema: unknown): string[] {
  if (!isRecord(schema)) return ["something else"];
  if (Array.isArray(schema.anyOf)) return [...new Set(schema.anyOf.flatMap(choicesOf))];
  return Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : [kindOf(schema)];
}

function kindOf(schema: Record<string, unknown>): string {
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number${bounds(schema)}`;
    case "number":
      return `a number${bounds(schema)}`;
    case "string":
      return "a string";
    case "array":
      return `a list, each of it ${whatFits(schema.items)}`;
    case "object":
      return `an object${members(schema)}`;
    default:
      return "something else";
  }
}

function bounds({ minimum, maximum }: Record<string, unknown>): string {
  const from = minimum === undefined ? "" : ` from ${String(minimum)}`;
  return maximum === undefined ? from : `${from} to ${String(maximum)}`;
}

function members({ properties }: Record<string, unknown>): string {
  if (!isRecord(properties)) return "";
  return ` of ${Object.keys(properties)
    .map((name) => JSON.stringify(name))
    .join(" and ")}`;
}
