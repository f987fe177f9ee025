/** A part of a JSON Schema, as far as the page reads it. */
export type SchemaPart = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  properties?: Record<string, SchemaPart>;
  additionalProperties?: SchemaPart | boolean;
  required?: string[];
  items?: SchemaPart;
  anyOf?: SchemaPart[];
  minimum?: number;
  maximum?: number;
};

/** One line of a schema as it is read: a name, how deep it stands, what it takes. */
export type SchemaRow = { depth: number; name: string; isRequired: boolean; type: string; description: string };

const depthMax = 6;

/** An object's properties and what is in them, from the top down. A reference to a named schema is not gone into. */
export function schemaRows(schema: SchemaPart, depth = 0): SchemaRow[] {
  const inner = innermost(schema);
  if (inner.$ref !== undefined || depth > depthMax) return [];
  const named = Object.entries(inner.properties ?? {}).flatMap(([name, part]) => [
    rowOf(name, part, { depth, isRequired: inner.required?.includes(name) === true }),
    ...schemaRows(part, depth + 1),
  ]);
  if (typeof inner.additionalProperties !== "object") return named;
  const any = inner.additionalProperties;
  return [...named, rowOf("(any name)", any, { depth, isRequired: false }), ...schemaRows(any, depth + 1)];
}

/** A schema in a few words: `list of string`, `1 or 2`, `number, 0 to 1`. */
export function typeText(schema: SchemaPart): string {
  const { $ref, anyOf, items, type, minimum, maximum } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (anyOf !== undefined) return anyOf.map(typeText).join(" or ");
  if (items !== undefined) return `list of ${typeText(items)}`;
  const name = Array.isArray(type) ? type.join(" or ") : (type ?? "anything");
  if (minimum !== undefined && maximum !== undefined) return `${name}, ${minimum} to ${maximum}`;
  return minimum !== undefined && minimum > 0 ? `${name}, ${minimum} or more` : name;
}

function rowOf(name: string, part: SchemaPart, at: { depth: number; isRequired: boolean }): SchemaRow {
  return { ...at, name, type: typeText(part), description: part.description ?? "" };
}

function innermost(schema: SchemaPart): SchemaPart {
  return schema.items === undefined ? schema : innermost(schema.items);
}
