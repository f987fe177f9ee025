import { didYouMean } from "../nearest.ts";

/** What is understood in a command's place beside the commands. */
const others = ["help", "--help", "--version"];

/** Says that there is no such command, and which of `commands` it may have been meant as. */
export function unknownCommand(name: string, commands: readonly string[]): string {
  return `there is no command "${name}"${didYouMean(name, [...commands, ...others])}`;
}
