import { HedgerowError } from "../errors.ts";

/**
 * Throws `index_exists` where an alias would hide an index, and `index_not_found` where one would point at none.
 * `isIndex`: whether an index of that name stands.
 */
export function requireAliases(set: Readonly<Record<string, string | null>>, isIndex: (name: string) => boolean): void {
  for (const [alias, target] of Object.entries(set)) {
    if (isIndex(alias)) throw new HedgerowError("index_exists", `"${alias}" is an index and cannot be an alias`);
    if (target !== null && !isIndex(target)) {
      throw new HedgerowError("index_not_found", `the alias "${alias}" points at "${target}", which is no index`);
    }
  }
}

/** Throws `index_exists` where a new index would have the name of an alias, which points at `target`. */
export function requireNoAlias(name: string, target: string | undefined): void {
  if (target !== undefined) throw new HedgerowError("index_exists", `"${name}" is an alias of "${target}"`);
}
