import { accepted } from "./client.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import type { CommandIo } from "./io.ts";
import { renderStatus } from "./status-output.ts";

const usage = "hedgerow status: show leaves, shards and replicas, and how fast they answer";

const flags = {} as const;

/** `hedgerow status`. Resolves to the exit code: 0 shown, 1 no answer, 2 misused. */
export function run(args: string[], io: CommandIo): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, status);
}

async function status({ words, client, io, isJson }: Invocation<typeof flags>): Promise<number> {
  if (words[0] !== undefined) throw new Misuse(`status takes flags only, not "${words[0]}"`);
  const { body } = accepted(await client.request("/v1/cluster"));
  io.stdout(isJson ? `${JSON.stringify(body)}\n` : renderStatus(body, client.url));
  return exitCodes.done;
}
