import type { WriteCondition } from "./log.ts";

/** Whether a write may happen where a document stands at `currentVersion`, or none does. */
export function conditionHolds(condition: WriteCondition, currentVersion: number | undefined): boolean {
  switch (condition.kind) {
    case "none":
      return true;
    case "absent":
      return currentVersion === undefined;
    case "version":
      return currentVersion === condition.version;
  }
}
