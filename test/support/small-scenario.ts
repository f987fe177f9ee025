/** A scenario file of a few leaves with queues, played in no time. */
export const smallScenario = {
  name: "small",
  about: "a few leaves",
  layout: { shards: 2, replicas: 2 },
  leaf: { workers: 1 },
  service: { kind: "exponential", meanMs: 2 },
  load: { arrivals: { kind: "load", load: 0.5 }, queries: 2_000, budgetMs: 100 },
} as const;
