/** A document's state: its stamp and, where an answer has told it, its version. No stamp: there is no document. */
export type State = { stamp: number | undefined; version?: number | undefined };

/** Writes of one request whose answer never came, and which must stand together or not at all. */
export type OpenGroup = { ids: readonly string[]; before: readonly State[]; after: readonly State[] };

/** What a document was found to be. */
export type Found = { stamp: number | undefined; version: number | undefined };

/**
 * What the cluster has promised, kept apart from it: for each document the states that it may be in. One, where every
 * write was answered; two, where an answer was lost and nobody asked again.
 */
export class History {
  readonly #states = new Map<string, State[]>();
  #groups: OpenGroup[] = [];
  /** The highest sequence that any answer has named. */
  token = 0;
  /** Answers that took a write. */
  acknowledged = 0;
  /** Writes whose answers were lost for good. */
  abandoned = 0;

  ids(): string[] {
    return [...this.#states.keys()];
  }

  /** The one state of a document that its writer knows. Throws where it is open: such a document is left alone. */
  standing(id: string): State {
    const states = this.#states.get(id);
    if (states === undefined) return { stamp: undefined };
    const [only, ...others] = states;
    if (only === undefined || others.length > 0) throw new Error(`the state of ${id} is open`);
    return only;
  }

  isOpen(id: string): boolean {
    return (this.#states.get(id)?.length ?? 1) > 1;
  }

  /** An answer has said that a document now is in this state. */
  settle(id: string, state: State): void {
    this.#states.set(id, [state]);
    this.acknowledged++;
    this.token = Math.max(this.token, state.version ?? 0);
  }

  /** No answer came, and none will be asked for: the documents are in their states before, or after. */
  leaveOpen(group: OpenGroup, together: boolean): void {
    this.abandoned++;
    group.ids.forEach((id, i) => {
      const both = [group.before[i], group.after[i]];
      this.#states.set(
        id,
        both.filter((state) => state !== undefined),
      );
    });
    if (together) this.#groups.push(group);
  }

  /** Holds what was found against what may be. From then on a document must stay as it was found. */
  judge(found: ReadonlyMap<string, Found>): string[] {
    const wrongs: string[] = [];
    for (const [id, states] of this.#states) {
      const seen = found.get(id) ?? { stamp: undefined, version: undefined };
      if (!states.some((state) => fits(state, seen))) {
        wrongs.push(`${id} is ${JSON.stringify(seen)}, which is none of ${JSON.stringify(states)}`);
      }
      this.#states.set(id, [seen]);
    }
    for (const [id, seen] of found) {
      if (!this.#states.has(id)) wrongs.push(`${id} is ${JSON.stringify(seen)}, and nobody wrote it`);
    }
    for (const { ids, before, after } of this.#groups) {
      const allIn = (states: readonly State[]): boolean =>
        ids.every((id, i) => states[i]?.stamp === found.get(id)?.stamp);
      if (!allIn(before) && !allIn(after)) wrongs.push(`half of one request stands: ${ids.join(", ")}`);
    }
    this.#groups = [];
    return wrongs;
  }
}

function fits(state: State, seen: Found): boolean {
  if (state.stamp !== seen.stamp) return false;
  return state.version === undefined || seen.version === undefined || state.version === seen.version;
}
