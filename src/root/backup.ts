import type { ChangeLog } from "../changes/log.ts";
import { type BackupIndex, BackupWriter } from "../protocol/backup.ts";
import type { IndexDefinition } from "../protocol/settings.ts";

const pageBytes = 1 << 20;

export type BackupSource = {
  log: Pick<ChangeLog, "read">;
  definitions: readonly IndexDefinition[];
  aliases: Readonly<Record<string, string>>;
  /** How many documents there are about. */
  documents: number;
};

/**
 * Everything that the log holds, as the bytes of a backup (see `protocol/backup.ts`), page by page. Every write that was
 * acknowledged before it began is in it, each document whole; of those that come meanwhile, some are.
 */
export async function* writeBackup(source: BackupSource): AsyncGenerator<Buffer, void> {
  const { definitions, aliases } = source;
  const writer = new BackupWriter();
  yield writer.begin(
    definitions.map(({ index }) => index),
    source.documents,
  );
  for (const definition of definitions) {
    yield writer.index(described(definition));
    yield* documentsOf(definition, source.log, writer);
  }
  yield writer.aliases(aliases);
  yield writer.end();
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
