import type { AppendResult, DocumentWrite, WriteOutcome } from "../../src/changes/log.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";

/** Settings for an index of a test; `k1` tells two of them apart. */
export function settingsOf(shards: number, k1 = 1.2): IndexSettings {
  const fields = { title: { type: "text" as const, boost: 2 }, year: { type: "number" as const } };
  return { fields, shards, replicas: 2, language: "en", bm25: { k1, b: 0.75 }, placementSalt: 7 };
}

/** The latest change of a document as the model has it: a `source` of null is a tombstone. */
type Entry = { sequence: number; source: string | null };

type ModelIndex = { incarnation: number; settings: IndexSettings; entries: Map<string, Entry> };

/** What a change log must do, written as plainly as can be: maps in memory, one caller. */
export class ModelLog {
  readonly indexes = new Map<string, ModelIndex>();
  readonly aliases = new Map<string, string>();
  head = 0;

  create(index: string, settings: IndexSettings): "created" | "stands" | "differs" {
    const standing = this.indexes.get(index);
    if (standing !== undefined) return standing.settings.bm25.k1 === settings.bm25.k1 ? "stands" : "differs";
    this.indexes.set(index, { incarnation: ++this.head, settings, entries: new Map() });
    return "created";
  }

  drop(index: string): boolean {
    for (const [alias, target] of this.aliases) if (target === index) this.aliases.delete(alias);
    return this.indexes.delete(index);
  }

  append(index: string, writes: readonly DocumentWrite[]): AppendResult {
    const known = this.indexes.get(index);
    if (known === undefined) return { kind: "unknown_index" };
    const outcomes = writes.map((write) => this.#write(known.entries, write));
    return { kind: "appended", outcomes, sequence: this.head };
  }

  #write(entries: Map<string, Entry>, write: DocumentWrite): WriteOutcome {
    const before = entries.get(write.id);
    const stands = before !== undefined && before.source !== null;
    const currentVersion = stands ? before.sequence : undefined;
    const { condition } = write;
    if (condition.kind === "version" && condition.version !== currentVersion)
      return { kind: "conflict", currentVersion };
    if (condition.kind === "absent" && stands) return { kind: "conflict", currentVersion };
    if (write.kind === "delete" && !stands) {
      return { kind: "written", sequence: before?.sequence ?? this.head, found: false };
    }
    const source = write.kind === "put" ? Buffer.from(write.source).toString() : null;
    entries.set(write.id, { sequence: ++this.head, source });
    return { kind: "written", sequence: this.head, found: stands };
  }
}

/** A write of a document whose source is a short text. */
export function put(id: string, text = id, condition: DocumentWrite["condition"] = { kind: "none" }): DocumentWrite {
  return { kind: "put", id, source: Buffer.from(text), condition };
}

export function remove(id: string, condition: DocumentWrite["condition"] = { kind: "none" }): DocumentWrite {
  return { kind: "delete", id, condition };
}
