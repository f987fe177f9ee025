import { readFile } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { tokenId } from "../security/token.ts";
import { type Client, createClient, isServiceUrl, RequestRefused, ServiceUnreachable } from "./client.ts";
import { fileProblem } from "./file-problem.ts";
import { type Command, type FlagTable, type FlagValues, jsonFlag, keyFileFlag, readFlags, urlFlag } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { type Asking, describeRefusal } from "./refusal.ts";

export const exitCodes = { done: 0, failed: 1, misuse: 2 } as const;

const defaultUrl = "http://127.0.0.1:8080";

/** What every command that talks to a service takes. */
const clientFlags = { ...urlFlag, ...keyFileFlag, ...jsonFlag };

/** What is left of a command once its flags are read. `misuse` ends it with a message and the code for usage. */
export type Invocation<T extends FlagTable> = {
  values: FlagValues<T>;
  words: string[];
  client: Client;
  io: CommandIo;
  isJson: boolean;
};

/** The words or flags of a command do not fit together. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/**
 * Runs a command that talks to a service: reads its flags, acts, and turns what goes wrong into a message and an exit
 * code. A refusal is printed as its problem document where JSON was asked for. Rejects only on defects of our own.
 */
export async function runClientCommand<T extends FlagTable>(
  command: Command<T>,
  { args, io }: { args: readonly string[]; io: CommandIo },
  act: (invocation: Invocation<T & typeof clientFlags>) => Promise<number>,
): Promise<number> {
  const read = readFlags(args, { usage: command.usage, flags: { ...command.flags, ...clientFlags } }, io.env);
  if (read.kind === "help") {
    io.stdout(read.text);
    return exitCodes.done;
  }
  const isJson = read.kind === "ok" && read.values.json === true;
  const asking: Asking = { flags: command.flags, url: defaultUrl, hasKey: false };
  try {
    if (read.kind === "misuse") throw new Misuse(read.problem);
    const token = await tokenFrom(read.values.keyFile, io);
    asking.hasKey = token !== undefined;
    asking.url = serviceUrl(read.values.url ?? defaultUrl, io);
    const client = createClient(asking.url, token);
    return await act({ values: read.values, words: read.words, client, io, isJson });
  } catch (error) {
    return report(error, { io, isJson, usage: command.usage, asking });
  }
}

/**
 * The token in the file that a flag or HEDGEROW_KEY_FILE names; undefined where neither does. Never a flag itself:
 * everybody on a machine can read its processes' flags. Throws a `Misuse` where the file holds no token, and for a flag
 * that names none or one that cannot be read: what was to go with a key would go without.
 */
export async function tokenFrom(keyFile: string | undefined, io: Pick<CommandIo, "env">): Promise<string | undefined> {
  if (keyFile === "") throw new Misuse("--key-file names no file, as of a shell's variable that is not set");
  const path = keyFile ?? io.env.HEDGEROW_KEY_FILE ?? "";
  if (path === "") return undefined;
  const source = keyFile === undefined ? "HEDGEROW_KEY_FILE" : "--key-file";
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Misuse(`${source}: ${fileProblem(error) ?? messageOf(error)}`);
  });
  const token = text.trim();
  if (tokenId(token) !== undefined) return token;
  throw new Misuse(`${source}: ${path} holds no token such as hedgerow key prints`);
}

function serviceUrl(url: string, io: CommandIo): string {
  if (isServiceUrl(url)) return url;
  const source = url === io.env.HEDGEROW_URL ? "HEDGEROW_URL" : "--url";
  throw new Misuse(`${source} must be an http address such as ${defaultUrl}, not "${url}"`);
}

type Reporting = { io: CommandIo; isJson: boolean; usage: string; asking: Asking };

function report(error: unknown, { io, isJson, usage, asking }: Reporting): number {
  if (error instanceof Misuse) {
    io.stderr(`hedgerow: ${error.message}\n${usage.split("\n", 1)[0]}\n`);
    return exitCodes.misuse;
  }
  if (error instanceof RequestRefused) {
    if (isJson) io.stdout(`${JSON.stringify(error.answer.body)}\n`);
    else io.stderr(`hedgerow: ${describeRefusal(error.answer, asking)}\n`);
    return exitCodes.failed;
  }
  const isTold = error instanceof ServiceUnreachable || error instanceof RangeError;
  const problem = isTold ? error.message : fileProblem(error);
  if (problem === undefined) throw error;
  io.stderr(`hedgerow: ${problem}\n`);
  return exitCodes.failed;
}
