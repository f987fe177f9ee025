import { readFileSync } from "node:fs";
import { asRecord, asText } from "./answers.ts";

/** The program's name and version as its package.json has them: beside the source, or above what was compiled of it. */
export function versionLine(): string {
  for (const path of ["../../package.json", "../../../package.json"]) {
    const { name, version } = manifestAt(new URL(path, import.meta.url));
    if (name === "hedgerow" && version !== undefined) return `${name} ${version}\n`;
  }
  return "hedgerow, of a version that is not known: there is no package.json\n";
}

function manifestAt(url: URL): { name: string | undefined; version: string | undefined } {
  try {
    const { name, version } = asRecord(JSON.parse(readFileSync(url, "utf8")));
    return { name: asText(name), version: asText(version) };
  } catch {
    return { name: undefined, version: undefined };
  }
}
