import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Has all garbage of this process collected, however it was started. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
