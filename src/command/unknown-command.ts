import { nearestName } from "../nearest.ts";

/** What is understood in a command's place beside the commands. */
const others = ["help", "--help", "--version"];

/** Says that there is no such command, and which of `commands` it may have been meant as. */
export function unknownCommand(name: string, commands: readonly string[]): string {
  const near = nearestName(name, [...commands, ...others]);
  return `there is no command "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`;
}
