import type { Indexing } from "./indexing.ts";
import { createReplica } from "./replica.ts";
import type { HeldReplica, OpenReplica } from "./replicas.ts";

/** Opens replicas in memory, empty, that share the indexing workers of the process. */
export function openReplicaWith(indexing: Indexing): OpenReplica {
  return async (definition, shard): Promise<HeldReplica> => {
    const replica = createReplica({ definition, shard, indexing });
    return {
      get sequence() {
        return replica.shard.sequence;
      },
      prepare: (plan) => replica.shard.prepare(plan),
      apply: (batch, upTo) => replica.apply(batch, upTo),
      statistics: (since, limitTerms) => replica.shard.statistics(since, limitTerms),
      status: () => replica.status(),
      close: () => replica.close(),
    };
  };
}
