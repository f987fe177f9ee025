import type { ChangeLog, DocumentWrite } from "../changes/log.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { Clock } from "../time.ts";
import { type Appended, appendToStanding } from "./append-to-standing.ts";
import type { Catalog } from "./catalog.ts";
import type { Definitions } from "./definitions.ts";
import { requireRoom } from "./room.ts";
import type { AppendMeter } from "./service-meter.ts";

export type WritesOptions = {
  catalog: Catalog;
  log: Pick<ChangeLog, "append" | "head" | "documentBytesMax">;
  documentBytesMax: number;
};

/** The index that documents were checked against, and the name or alias under which it was asked for. */
export type WriteTarget = { name: string; checked: IndexDefinition };

type Parts = WritesOptions & { definitions: Pick<Definitions, "refresh">; clock: Clock };

/** What goes from a root's writers into the log. */
export class Writes {
  readonly #options: Parts;
  #meter: AppendMeter | undefined;

  constructor(options: Parts) {
    this.#options = options;
  }

  /** Has every append counted and timed. */
  meter(meter: AppendMeter): void {
    this.#meter = meter;
  }

  /** The largest document that is taken: a single one that the log could not hold would refuse a whole request. */
  get documentBytesMax(): number {
    const { documentBytesMax, log } = this.#options;
    return Math.min(documentBytesMax, log.documentBytesMax ?? documentBytesMax);
  }

  /**
   * Appends to the index that the documents were checked against; resolves once that is durable. Where it was dropped
   * meanwhile, they go into the one that stands behind the name by now if that has the same settings.
   */
  async append(
    { name, checked }: WriteTarget,
    writes: readonly DocumentWrite[],
    idempotencyKey: string | undefined,
  ): Promise<Appended> {
    const { catalog, log, definitions } = this.#options;
    if (writes.length === 0) return { kind: "appended", outcomes: [], sequence: await log.head() };
    requireRoom(catalog.find(checked.index), writes);
    return appendToStanding(checked, {
      append: (to) => this.#metered(log.append(to, writes, idempotencyKey)),
      standing: async () => {
        await definitions.refresh();
        return catalog.behind(name)?.definition;
      },
    });
  }

  async #metered<Result>(append: Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    const beganMs = clock.nowMs();
    try {
      const result = await append;
      this.#meter?.acknowledged.inc();
      return result;
    } catch (error) {
      this.#meter?.failed.inc();
      throw error;
    } finally {
      this.#meter?.seconds.observe((clock.nowMs() - beganMs) / 1000);
    }
  }
}
