import { readFile } from "node:fs/promises";

/** Processes and all that they have started, each once. */
export async function withChildren(pids: readonly number[]): Promise<number[]> {
  const all = new Set<number>();
  const waiting = [...pids];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (all.has(pid)) continue;
    all.add(pid);
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    waiting.push(...children.split(" ").filter(Boolean).map(Number));
  }
  return [...all];
}

/** The memory that processes hold, in bytes, what they share counted once. One that is gone counts as nothing. */
export async function memoryBytes(pids: readonly number[]): Promise<number> {
  let kilobytes = 0;
  for (const pid of pids) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}
