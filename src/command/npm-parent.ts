import { readFileSync } from "node:fs";
import { basename } from "node:path";

const shells = ["sh", "dash", "bash", "ash"];

/**
 * Whether a process stands and falls with its parent: npm itself, or the shell in which npm runs one script. Where the
 * script puts something into the background the parent's end means nothing, and neither does that of any other shell:
 * npm's variables are handed down to whatever is started below it.
 */
export function isRunForNpm(
  env: Readonly<Record<string, string | undefined>>,
  parentCommandLine: () => readonly string[],
): boolean {
  if (env.npm_command === undefined && env.npm_execpath === undefined) return false;
  const [program = "", flag, script] = parentCommandLine();
  if (/^np[mx]( |$)/.test(program)) return true;
  return shells.includes(basename(program)) && flag === "-c" && script !== undefined && staysInFront(script);
}

/** Joining with && and redirecting to a descriptor put nothing into the background. */
function staysInFront(script: string): boolean {
  return !/\b(nohup|setsid|disown|daemon)\b/.test(script) && !script.replaceAll(/&&|>&|&>/g, "").includes("&");
}

/** The words that a process was started with, where the system shows them below /proc; otherwise none. */
export function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
      .split("\0")
      .filter((word) => word !== "");
  } catch {
    return [];
  }
}
