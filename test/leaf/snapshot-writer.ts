/** A process that writes snapshots of one replica without end, until it is killed: `node snapshot-writer.ts DIRECTORY`. */
import { openReplicaWith } from "../../src/leaf/open-replica.ts";
import { createSnapshotStore } from "../../src/leaf/snapshot-store.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { inlineIndexing } from "../support/inline-indexing.ts";
import { keptDefinition, keptEras, tinyReplica } from "../support/kept-replica.ts";
import { changesAfter } from "../support/told-changes.ts";

const [directory = ""] = process.argv.slice(2);
const rule = { changesMax: 1, sizeBytesMax: 1, ageMsMax: 0, pauseMs: 0 };
const log = { warn: (fields: object) => console.log(JSON.stringify(fields)) };
const open = openReplicaWith(inlineIndexing, { store: createSnapshotStore(directory), log, rule }, tinyReplica);
const replica = await open(keptDefinition, 0, keptEras);
console.log(JSON.stringify({ restored: replica.sequence }));
for (;;) {
  const changes = changesAfter(replica.sequence, 30);
  await replica.apply(encodeChanges(changes), replica.sequence + changes.length);
}
