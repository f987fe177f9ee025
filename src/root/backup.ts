import type { ChangeLog } from "../changes/log.ts";
import { type BackupIndex, BackupWriter } from "../protocol/backup.ts";
import type { IndexDefinition } from "../protocol/settings.ts";

const pageBytes = 1 << 20;

export type BackupSource = {
  log: Pick<ChangeLog, "read" | "indexes">;
  definitions: readonly IndexDefinition[];
  aliases: Readonly<Record<string, string>>;
  /** How many documents there are about. */
  documents: number;
};

/**
 * Everything that the log holds, as the bytes of a backup (see `protocol/backup.ts`), page by page. Every write that was
 * acknowledged before it began is in it, each document whole; of those that come meanwhile, some are. Where an index is
 * dropped meanwhile it ends as a broken one: what is left of that index must not be taken for all of it.
 */
export async function* writeBackup(source: BackupSource): AsyncGenerator<Buffer, void> {
  const { definitions, aliases, log } = source;
  const writer = new BackupWriter();
  yield writer.begin(
    definitions.map(({ index }) => index),
    source.documents,
  );
  for (const definition of definitions) {
    yield writer.index(described(definition));
    yield* documentsOf(definition, log, writer);
    const dropped = await firstDropped([definition], log);
    if (dropped !== undefined) return yield writer.broken(describeDrop(dropped));
  }
  const dropped = await firstDropped(definitions, log);
  if (dropped !== undefined) return yield writer.broken(describeDrop(dropped));
  yield writer.aliases(aliases);
  yield writer.end();
}

const triesMax = 10;

/** What a backup begins with. Of an alias and its target, neither is in it without the other. */
export async function standingIn(
  log: Pick<ChangeLog, "indexes" | "aliases">,
): Promise<Pick<BackupSource, "aliases" | "definitions">> {
  for (let tries = 1; ; tries++) {
    const aliases = Object.entries(await log.aliases());
    const definitions = await log.indexes();
    const kept = aliases.filter(([, target]) => definitions.some(({ index }) => index === target));
    // A target that was dropped in between took its alias along, unless that was switched before: then it stands still.
    if (kept.length === aliases.length || tries === triesMax) return { definitions, aliases: Object.fromEntries(kept) };
  }
}

/** A dropped life of an index reads as one that has nothing more: only what stands tells the two apart. */
async function firstDropped(
  definitions: readonly IndexDefinition[],
  log: BackupSource["log"],
): Promise<IndexDefinition | undefined> {
  const standing = new Set((await log.indexes()).map(({ incarnation }) => incarnation));
  return definitions.find(({ incarnation }) => !standing.has(incarnation));
}

function describeDrop({ index }: IndexDefinition): string {
  return `the index "${index}" was dropped while it was backed up; begin again`;
}

/** Where the replicas lie belongs to the cluster, not to the index. */
function described({ index, settings: { placementSalt: _, ...settings } }: IndexDefinition): BackupIndex {
  return { name: index, settings };
}

async function* documentsOf(
  { index, incarnation, settings }: IndexDefinition,
  log: BackupSource["log"],
  writer: BackupWriter,
): AsyncGenerator<Buffer, void> {
  for (let shard = 0; shard < settings.shards; shard++) {
    let after = 0;
    // To the last page and no less: a document that is written again moves to the end of the log.
    for (let more = true; more; ) {
      const page = await log.read({ index, incarnation, shard, after, limitBytes: pageBytes });
      const sources = page.changes.flatMap((change) => (change.kind === "put" ? [change.source] : []));
      if (sources.length > 0) yield writer.documents(sources);
      after = Math.max(after, page.upTo);
      more = page.more;
    }
  }
}
