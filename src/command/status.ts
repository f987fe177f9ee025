import { systemTimers, type Timers } from "../time.ts";
import { askLimitMs, askWithin } from "./ask-within.ts";
import { accepted } from "./client.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import type { CommandIo } from "./io.ts";
import { renderStatus } from "./status-output.ts";

const usage = "hedgerow status: show leaves, shards and replicas, and how fast they answer";

const flags = {} as const;

/** `hedgerow status`. Resolves to the exit code: 0 shown, 1 no answer, 2 misused. */
export function run(args: string[], io: CommandIo, timers: Timers = systemTimers): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, (invocation) => status(invocation, timers));
}

async function status({ words, client, io, isJson }: Invocation<typeof flags>, timers: Timers): Promise<number> {
  if (words[0] !== undefined) throw new Misuse(`status takes flags only, not "${words[0]}"`);
  const answer = await askWithin(askLimitMs, { url: client.url, timers, stderr: io.stderr }, (signal) =>
    client.request("/v1/cluster", { signal }),
  );
  const { body } = accepted(answer);
  io.stdout(isJson ? `${JSON.stringify(body)}\n` : renderStatus(body, client.url));
  return exitCodes.done;
}
