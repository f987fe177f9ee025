import type { AppendResult } from "../changes/log.ts";
import { sameWish } from "../changes/same-wish.ts";
import { HedgerowError } from "../errors.ts";
import type { IndexDefinition } from "../protocol/settings.ts";

export type Appended = Extract<AppendResult, { kind: "appended" }>;

export type StandingAppend = {
  append: (to: IndexDefinition) => Promise<AppendResult>;
  /** The index that stands by now behind the name that was asked for, as the log has it. */
  standing: () => Promise<IndexDefinition | undefined>;
};

/**
 * Appends to the index that documents were checked against, or else to the one that stands in its place with the same
 * settings, which they fit as well. Throws `not_ready` where that one has other settings, or is gone again, and
 * `index_not_found` where there is none.
 */
export async function appendToStanding(
  checked: IndexDefinition,
  { append, standing }: StandingAppend,
): Promise<Appended> {
  const first = await append(checked);
  if (first.kind === "appended") return first;
  const { index, settings } = checked;
  const successor = await standing();
  if (successor === undefined) throw new HedgerowError("index_not_found", `there is no index "${index}" any more`);
  if (!sameWish(settings, successor.settings)) throw replaced(index, "replaced by one with other settings");
  const second = await append(successor);
  if (second.kind === "appended") return second;
  throw replaced(index, "replaced more than once");
}

function replaced(index: string, how: string): HedgerowError {
  return new HedgerowError("not_ready", `the index "${index}" was dropped and ${how} while this came; send it again`);
}
