import type { Tombstones } from "../engine/tombstones.ts";
import type { Pause } from "./slices.ts";

const handledAtOnce = 64;

/** The documents of a piece that are dead at a version, ascending; whoever dies meanwhile does so at a later one. */
export async function deadDocuments(tombstones: Tombstones, version: number, pause: Pause): Promise<Uint32Array> {
  const dead = new Uint32Array(tombstones.count);
  let size = 0;
  let seen = 0;
  for (let doc = tombstones.next(0); doc >= 0; doc = tombstones.next(doc + 1)) {
    if (tombstones.since(doc) <= version) dead[size++] = doc;
    if (++seen % handledAtOnce === 0) await pause();
  }
  return dead.slice(0, size);
}
