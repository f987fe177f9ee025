import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearestName } from "../../src/nearest.ts";

/** The first flag that there is not, named, with the one that was meant; undefined where all are known. */
export function flagSlip(args: readonly string[], options: ParseArgsOptionsConfig): string | undefined {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option" || Object.hasOwn(options, token.name)) continue;
    const near = nearestName(
      token.rawName,
      Object.keys(options).map((name) => `--${name}`),
    );
    return `there is no flag ${token.rawName}${near === undefined ? "" : `; did you mean ${near}?`}`;
  }
  return undefined;
}
