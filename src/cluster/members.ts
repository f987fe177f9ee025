/** A leaf that the operator has listed: it belongs to the cluster whatever becomes of it. */
export type ListedLeaf = { name: string; zone?: string; url: string };

/** A leaf that has announced itself; see the log's members. `beat` changes with every announcement. */
export type AnnouncedLeaf = { name: string; zone?: string; url: string; leaving: boolean; beat: number };

/** A leaf of the cluster. One that is leaving still serves, and is to be left with nothing. */
export type ClusterLeaf = { name: string; zone: string | undefined; url: string; leaving: boolean; listed: boolean };

/**
 * The leaves of the cluster, by name. The operator's word on where a leaf is stands above its own; that it is leaving
 * is for the leaf to say.
 */
export function leavesOf(listed: readonly ListedLeaf[], announced: readonly AnnouncedLeaf[]): ClusterLeaf[] {
  const said = new Map(announced.map((leaf) => [leaf.name, leaf]));
  const fromList = listed.map(({ name, zone, url }): ClusterLeaf => {
    return { name, zone, url, leaving: said.get(name)?.leaving === true, listed: true };
  });
  const names = new Set(listed.map(({ name }) => name));
  const fromLog = announced.flatMap(({ name, zone, url, leaving }): ClusterLeaf[] =>
    names.has(name) ? [] : [{ name, zone, url, leaving, listed: false }],
  );
  return [...fromList, ...fromLog].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The leaves that may hold replicas. Where all are leaving there is nowhere to go, and nothing moves. */
export function leavesToPlaceOn<Leaf extends { leaving: boolean }>(leaves: readonly Leaf[]): readonly Leaf[] {
  const staying = leaves.filter(({ leaving }) => !leaving);
  return staying.length === 0 ? leaves : staying;
}

/** A leaf that has been silent for longer than it may; `beat` is the last that was heard of it. */
export type SilentLeaf = { name: string; beat: number };

/**
 * How long leaves have been silent, by this process's own clock: a sign of life is an announcement that any root has
 * taken, or a link to the leaf that stands. Only time in which this root was looking counts: neither a busy spell nor
 * being suspended makes anyone else silent.
 */
export class Leases {
  readonly #graceMs: number;
  readonly #stepMsMax: number;
  readonly #known = new Map<string, { beat: number; silentMs: number }>();
  #reviewedMs: number | undefined;

  /** `graceMs`: how long a leaf may be silent. `stepMsMax`: more than this between two reviews was not looked at. */
  constructor({ graceMs, stepMsMax }: { graceMs: number; stepMsMax: number }) {
    this.#graceMs = graceMs;
    this.#stepMsMax = stepMsMax;
  }

  /** Takes in the signs of life of now. Answers which leaves have been silent for too long. */
  review(leaves: readonly { name: string; beat: number; connected: boolean }[], nowMs: number): SilentLeaf[] {
    const passedMs = Math.min(nowMs - (this.#reviewedMs ?? nowMs), this.#stepMsMax);
    this.#reviewedMs = nowMs;
    const names = new Set(leaves.map(({ name }) => name));
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
    return leaves.flatMap(({ name, beat, connected }) => {
      const before = this.#known.get(name);
      const isSilent = before?.beat === beat && !connected;
      const silentMs = isSilent ? before.silentMs + passedMs : 0;
      this.#known.set(name, { beat, silentMs });
      return silentMs > this.#graceMs ? [{ name, beat }] : [];
    });
  }

  /** How long a leaf has been silent; undefined where nothing is known of it. */
  silentMs(name: string): number | undefined {
    return this.#known.get(name)?.silentMs;
  }
}
