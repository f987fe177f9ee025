import { HedgeMemory } from "./hedge.ts";
import type { ReplicaHealth } from "./replica.ts";
import type { HedgeSettings } from "./settings.ts";

/** What a root knows of one shard: who holds it, how large it is, and how long it takes by class of query. */
export class ShardHealth {
  /** Kept by whoever follows the placement. */
  replicas: readonly ReplicaHealth[];
  /** Live documents, as last heard; weighs the shard in the coverage of an answer it is missing from. */
  documents: number;
  /** Whether it holds just so many, as far as the log is known. */
  documentsCertain = true;
  private readonly memories: (HedgeMemory | undefined)[] = [];
  private readonly settings: HedgeSettings;

  constructor(replicas: readonly ReplicaHealth[], documents: number, settings: HedgeSettings) {
    this.replicas = replicas;
    this.documents = documents;
    this.settings = settings;
  }

  /** The latencies of one class of queries; classes are small integers that the root assigns. */
  memory(queryClass: number): HedgeMemory {
    let memory = this.memories[queryClass];
    if (memory === undefined) {
      memory = new HedgeMemory(this.settings);
      this.memories[queryClass] = memory;
    }
    return memory;
  }
}
