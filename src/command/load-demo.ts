import { systemTimers, type Timers } from "../time.ts";
import { askLimitMs, askWithin } from "./ask-within.ts";
import type { Client } from "./client.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import { loadDemo } from "./demo.ts";
import type { CommandIo } from "./io.ts";

const usage = `hedgerow demo: load the demo corpus into the index "demo" of a running cluster

Loads nothing where all of it is there already, and leaves an index of that name with other fields alone. Documents that
were deleted after a load stay deleted where --data remembers that load.`;

const flags = {
  shards: { kind: "number", min: 1, max: 256, isWhole: true, reason: "shards of the index (4)" },
  replicas: { kind: "number", min: 1, max: 16, isWhole: true, reason: "replicas of each shard (2)" },
  data: { kind: "text", placeholder: "DIR", reason: "where a finished load is remembered (.hedgerow)" },
} as const;

/** `hedgerow demo`. Resolves to the exit code: 0 it is there, 1 it could not be loaded, 2 misused. */
export function run(args: string[], io: CommandIo, timers: Timers = systemTimers): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, (invocation) => load(invocation, timers));
}

async function load(
  { values, words, client: given, io, isJson }: Invocation<typeof flags>,
  timers: Timers,
): Promise<number> {
  if (words[0] !== undefined) throw new Misuse(`demo takes flags only, not "${words[0]}"`);
  const { data = ".hedgerow", shards = 4, replicas = 2 } = values;
  const client = impatientReader(given, { timers, stderr: io.stderr });
  const { kind: outcome, ...figures } = await loadDemo({ client, dataDirectory: data, shards, replicas }, io);
  if (isJson) io.stdout(`${JSON.stringify({ index: "demo", outcome, ...figures })}\n`);
  else if (outcome === "standing") io.stderr("demo corpus: all of it is there already; nothing was loaded\n");
  return outcome === "foreign" ? exitCodes.failed : exitCodes.done;
}

/** The client, which waits `askLimitMs` for what it only reads. Writes may take what they take. */
function impatientReader(client: Client, to: { timers: Timers; stderr(text: string): void }): Client {
  const { url } = client;
  return {
    ...client,
    request: (path, request = {}) =>
      request.method === undefined
        ? askWithin(askLimitMs, { url, ...to }, (signal) => client.request(path, { ...request, signal }))
        : client.request(path, request),
  };
}
