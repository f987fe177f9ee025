import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { demoDocuments } from "../../data/corpus.ts";
import { webQueries } from "../../data/queries.ts";
import { seededRandom, sleep } from "../../src/time.ts";
import { untilCalm } from "../driver/processor-time.ts";
import { stopProcess } from "./processes.ts";

export type DemoProcess = { role: string; name: string; pid: number; url: string };

/** `hedgerow up` with the demo corpus in it, and searches to ask of it that no cache answers. */
export type DemoCluster = {
  url: string;
  path: string;
  bodies: string[];
  processes: readonly DemoProcess[];
  stop(): Promise<void>;
};

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const queryCount = 2000;

/** Starts it, and waits until the corpus is loaded and has settled. */
export async function startDemoCluster(): Promise<DemoCluster> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-bench-"));
  const up = spawn(process.execPath, [program, "up", "--port", "0", "--data", directory, "--log-level", "error"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const stop = async (): Promise<void> => {
    await stopProcess(up);
    await rm(directory, { recursive: true, force: true });
  };
  const queries = webQueries(demoDocuments(), { count: queryCount, random: seededRandom(7) });
  const bodies = queries.map((query) => JSON.stringify({ query, cache: false }));
  for (;;) {
    await sleep(200);
    if (up.exitCode !== null) {
      await stop();
      throw new Error(`hedgerow up ended with ${up.exitCode}`);
    }
    const loaded = await readFile(join(directory, "demo.json"), "utf8").catch(() => "");
    if (loaded === "") continue;
    const said: { url: string; processes: DemoProcess[] } = JSON.parse(
      await readFile(join(directory, "up.json"), "utf8"),
    );
    await untilCalm(said.processes.map(({ pid }) => pid));
    return { url: said.url, path: "/v1/indexes/demo/search", bodies, processes: said.processes, stop };
  }
}
