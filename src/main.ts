#!/usr/bin/env node
import { flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { CommandIo, ServiceIo } from "./command/io.ts";
import { canRedraw } from "./command/progress.ts";
import { losing, outliveFailure, outliveReader, writeText } from "./command/standard-output.ts";
import { startProblem } from "./command/start-problem.ts";
import { listenForStop } from "./command/stop-request.ts";
import { tellListening } from "./command/supervision.ts";
import { unknownCommand } from "./command/unknown-command.ts";
import { versionLine } from "./command/version.ts";
import { systemTimers } from "./time.ts";

const usage = `hedgerow: search that answers on time

  hedgerow up                start a root and leaves on this machine (npm start)
  hedgerow root | leaf       run one role
  hedgerow search "words"    ask
  hedgerow import FILE       load documents, one JSON object a line
  hedgerow status            show the cluster
  hedgerow demo              load the demo corpus into a running cluster
  hedgerow backup FILE       write everything into a file
  hedgerow restore FILE      fill an empty cluster from one
  hedgerow key NAME          make a key that callers present

Each takes --help; hedgerow help NAME is the same. hedgerow --version tells which this is.
`;

type RunCommand = (args: string[], io: ServiceIo & { program: string }) => Promise<number>;

/** Each command is loaded only when asked for: a search from the shell does not need a server's code. */
const commands: Record<string, () => Promise<RunCommand>> = {
  up: async () => (await import("./command/up.ts")).up,
  root: async () => (await import("./root/serve.ts")).runRoot,
  leaf: async () => (await import("./leaf/serve.ts")).runLeaf,
  search: async () => (await import("./command/search.ts")).run,
  import: async () => (await import("./command/import.ts")).run,
  status: async () => (await import("./command/status.ts")).run,
  demo: async () => (await import("./command/load-demo.ts")).run,
  backup: async () => (await import("./command/backup.ts")).run,
  restore: async () => (await import("./command/restore.ts")).run,
  key: async () => (await import("./command/key.ts")).run,
};

const services = ["up", "root", "leaf"];

const io: CommandIo = {
  stdout: (text) => writeText(process.stdout, text),
  stderr: (text) => writeText(process.stderr, text),
  isTerminal: canRedraw(process.stderr, process.env.TERM),
  env: process.env,
};

const askForDirectory: ServiceIo["askForDirectory"] = async (path, owner) =>
  (await import("./command/data-directory.ts")).askForDirectory(path, owner);

/** What a role cannot start without is said in a line; whatever it had opened already goes with the process. */
function stopped(error: unknown): never {
  const problem = startProblem(error);
  if (problem === undefined) throw error;
  io.stderr(`hedgerow: ${problem}\n`);
  process.exit(1);
}

async function main([name, ...args]: string[]): Promise<number> {
  const [about] = args;
  if (name === "help" && about !== undefined) return main([about, "--help"]);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    io.stdout(usage);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    io.stdout(versionLine());
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    io.stderr(`hedgerow: ${unknownCommand(name, Object.keys(commands))}\n\n${usage}`);
    return 2;
  }
  // Before anything is waited for: a signal that comes first would end the process as it stands.
  const stop = services.includes(name) ? listenForStop(systemTimers) : undefined;
  const run = await load();
  // Now, where there is one: a process that is killed writes nothing at its end.
  flushCompileCache();
  const program = fileURLToPath(import.meta.url);
  try {
    const stopped = stop?.stopped ?? new Promise<void>(() => undefined);
    const own: Omit<ServiceIo, keyof CommandIo> = {
      stopped,
      tellListening: (at) => tellListening(at, losing(io.stdout)),
      askForDirectory,
    };
    return await run(args, { ...io, program, ...own });
  } finally {
    stop?.release();
  }
}

const [, , ...words] = process.argv;
const outlive = services.includes(words[0] ?? "") ? outliveFailure : outliveReader;
for (const stream of [process.stdout, process.stderr]) outlive(stream);
process.exitCode = await main(words).catch(stopped);
// The channel to the process that started this one would keep it running.
if (process.connected) process.disconnect?.();
