import type { Admission } from "../policy/admission.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { Clock } from "../time.ts";
import type { AnswerTally } from "./answer-tally.ts";
import type { Catalog } from "./catalog.ts";
import type { SearchTally } from "./search-tally.ts";
import type { Topology } from "./topology.ts";

/** What a root sees of the cluster and of itself: what its report and its metrics are read from. */
export type SeenByRoot = {
  catalog: Catalog;
  topology: Topology;
  policy: TailPolicy;
  admission: Admission;
  searches: SearchTally;
  answers: AnswerTally;
  clock: Clock;
};
