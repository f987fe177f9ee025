import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The variables with which `docker` reaches an engine that has Compose. */
export type EngineVariables = Readonly<Record<string, string>>;

const besideCheckout = fileURLToPath(new URL("../../../shared/tools/container-engine", import.meta.url));
const images = ["node:26-bookworm-slim", "nats:2.10", "prom/prometheus:v2.53.3"];

/**
 * A container engine: the one that answers here, or else one that `HEDGEROW_CONTAINER_ENGINE up` (or the tool of that
 * name beside the checkout) starts and describes as `export A=B C=D`. Undefined where there is neither.
 */
export async function findEngine(): Promise<EngineVariables | undefined> {
  if (await answers({})) return {};
  const tool = process.env.HEDGEROW_CONTAINER_ENGINE ?? besideCheckout;
  if (!existsSync(tool)) return undefined;
  const { stdout } = await run(tool, ["up", ...images], { maxBuffer: 1 << 24 });
  const pairs = (stdout.trim().split("\n").at(-1) ?? "").replace("export ", "").split(" ");
  const variables = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  return (await answers(variables)) ? variables : undefined;
}

async function answers(variables: EngineVariables): Promise<boolean> {
  try {
    await run("docker", ["info"], { env: { ...process.env, ...variables } });
    await run("docker", ["compose", "version"], { env: { ...process.env, ...variables } });
    return true;
  } catch {
    return false;
  }
}
