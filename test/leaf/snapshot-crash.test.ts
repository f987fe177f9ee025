import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { seededRandom, sleep } from "../../src/time.ts";
import { inlineIndexing } from "../support/inline-indexing.ts";
import { answersOf, type KeptHome, keptHome } from "../support/kept-replica.ts";
import { sourcesAt } from "../support/told-changes.ts";

const writer = fileURLToPath(new URL("snapshot-writer.ts", import.meta.url));
/** `npm run test:kills` kills more often. */
const kills = Number(process.env.SNAPSHOT_KILLS ?? 8);
const killMsMax = 6_000;

it("is whole after each of many kills, and never older than the one before", {
  timeout: kills * killMsMax,
}, async () => {
  const random = seededRandom(4242);
  const home = await keptHome(inlineIndexing);
  let sequence = 0;
  /** Grows where a machine is too slow to write anything before it is killed. */
  let delayMsMax = 40;
  for (let kill = 0; kill < kills; kill++) {
    const restored = await writeUntilKilled(home, delayMsMax * random.next());
    // The process itself began where the one before had been caught.
    expect(restored).toBe(sequence);
    const replica = await home.open();
    expect(home.warnings).toEqual([]);
    expect(replica.sequence).toBeGreaterThanOrEqual(sequence);
    expect(answersOf(replica)).toMatchObject({ all: { sources: sourcesAt(replica.sequence) } });
    delayMsMax = replica.sequence > sequence ? 40 : delayMsMax * 2;
    sequence = replica.sequence;
    await replica.close();
  }
  expect(sequence).toBeGreaterThan(0);
  await home.remove();
});

/** Lets a process write for a while and kills it; answers where it had begun. */
async function writeUntilKilled({ directory }: KeptHome, delayMs: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [writer, directory], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no output");
  const ended = once(child, "exit");
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line");
  await sleep(delayMs);
  child.kill("SIGKILL");
  await ended;
  const said: unknown = JSON.parse(String(line));
  if (typeof said === "object" && said !== null && "restored" in said) return Number(said.restored);
  throw new Error(`the writer said ${String(line)}`);
}
