import type { CallFrame } from "./cpu-profile.ts";

export const origins = ["hedgerow", "packages", "node", "native", "garbage-collection"] as const;
/** Whose code a function is. Code that a package makes at run time counts as a package's. */
export type Origin = (typeof origins)[number];

/** A function, and the file and line where it begins; `place` is empty where it has no source. */
export type CalledFunction = { name: string; place: string; origin: Origin };

const packagesFolder = "/node_modules/";

/** What a frame of a profile is. `home` is the address of Hedgerow's own directory, with a slash at its end. */
export function calledFunction({ functionName, url, lineNumber }: CallFrame, home: string): CalledFunction {
  const name = functionName === "" ? "(anonymous)" : functionName;
  const at = (file: string): string => `${file}:${lineNumber + 1}`;
  if (functionName === "(garbage collector)") return { name, place: "", origin: "garbage-collection" };
  if (lineNumber < 0 || url.startsWith("wasm:")) return { name, place: "", origin: "native" };
  if (url.startsWith("node:")) return { name, place: at(url), origin: "node" };
  const folder = url.lastIndexOf(packagesFolder);
  if (folder >= 0) return { name, place: at(url.slice(folder + packagesFolder.length)), origin: "packages" };
  if (url.startsWith(home)) return { name, place: at(url.slice(home.length)), origin: "hedgerow" };
  return { name, place: at(url === "" ? "(made at run time)" : url), origin: "packages" };
}
