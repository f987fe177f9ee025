import type { Announcement, MemberLog, MemberRecord } from "../changes/members.ts";
import { type ClusterLeaf, Leases, type ListedLeaf, leavesOf } from "../cluster/members.ts";
import { HedgerowError } from "../errors.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import type { LeafLink } from "./leaf-link.ts";

/** A leaf of the cluster, and the link to it; where the leaf moved to another address, another link. */
export type Member = ClusterLeaf & { link: LeafLink };

/** An announcement as it comes from a leaf. */
export type LeafAnnouncement = Announcement & { life: string };

/** Which leaf of a name says farewell: where it was, and which of its starts. */
export type Departed = { url?: string; life?: string };

export type MembershipOptions = {
  /** The leaves that the operator named. */
  listed: readonly ListedLeaf[];
  log: MemberLog;
  /** Begins to connect to a leaf, by that name where one is given; `onState` hears of every change. */
  linkTo: (url: string, name: string | undefined, onState: () => void) => LeafLink;
  clock: Clock;
  timers: Timers;
  /** How long a leaf that joined may be silent before it is taken off. */
  graceMs: number;
  /** Called when a leaf came, went, or is leaving. */
  onLeaves: () => void;
  /** Called when the link to a leaf went up or down. */
  onLink: (name: string) => void;
};

const reviewMs = 1_000;
/** Announcements in one grace, so that a few may be lost. */
const beatsPerGrace = 6;
const beatMsMax = 5_000;
const beatMsMin = 100;

/**
 * The leaves of the cluster as this root knows them: those that are listed, and those whose announcements stand in the
 * log, which is the same for all roots. A leaf of which nothing is seen or heard for the grace is taken off the log; until
 * then it keeps its place, so that a restart moves nothing.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #members = new Map<string, Member>();
  readonly #leases: Leases;
  readonly #unsubscribe: () => void;
  #announced: readonly MemberRecord[] = [];
  #review: Timer | undefined;
  #closed = false;
  #lost = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#leases = new Leases({ graceMs: options.graceMs, stepMsMax: 2 * reviewMs });
    this.#unsubscribe = options.log.onChange(() => void this.refresh().catch(() => undefined));
  }

  /** Connects to the leaves that are known, and follows them from then on. */
  async start(): Promise<void> {
    await this.refresh();
    this.#look();
  }

  /** In the order of their names. */
  get members(): readonly Member[] {
    return [...this.#members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How many leaves this root has taken off because nothing was heard of them. */
  get lost(): number {
    return this.#lost;
  }

  find(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** How often a leaf is to announce itself. */
  get beatMs(): number {
    return Math.min(beatMsMax, Math.max(beatMsMin, this.#options.graceMs / beatsPerGrace));
  }

  /** How long until a leaf is taken off if nothing is heard of it; undefined for one that is listed. */
  leaseMs({ name, listed }: Member): number | undefined {
    return listed ? undefined : Math.max(0, this.#options.graceMs - (this.#leases.silentMs(name) ?? 0));
  }

  /**
   * Takes a leaf's announcement. Throws `name_taken` while another leaf of that name is at another address, and where one
   * is listed there: what is elsewhere is that one only if the link to the listed address has met it.
   */
  async announce(said: LeafAnnouncement): Promise<void> {
    const standing = this.#members.get(said.name);
    if (standing !== undefined && standing.url !== said.url && holdsName(standing, said.life)) {
      const detail = `a leaf named "${said.name}" is at ${standing.url}; give the one at ${said.url} another --name`;
      throw new HedgerowError("name_taken", detail);
    }
    await this.#options.log.announce(said);
    await this.refresh();
  }

  /** Takes a leaf off, whatever it holds; with `departed` only if it is that one. Says whether there was such a leaf. */
  async remove(name: string, departed: Departed = {}): Promise<boolean> {
    const removed = await this.#removeFrom(name, departed);
    await this.refresh();
    return removed;
  }

  /** Takes in what the log says now. */
  async refresh(): Promise<void> {
    const announced = await this.#options.log.all();
    if (this.#closed) return;
    this.#announced = announced;
    const leaves = leavesOf(this.#options.listed, announced);
    const names = new Set(leaves.map(({ name }) => name));
    let changed = false;
    for (const { name, link } of [...this.#members.values()]) {
      if (names.has(name)) continue;
      this.#members.delete(name);
      link.close();
      changed = true;
    }
    for (const leaf of leaves) changed = this.#take(leaf) || changed;
    if (changed) this.#options.onLeaves();
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#review?.cancel();
    for (const { link } of this.#members.values()) link.close();
  }

  async #removeFrom(name: string, departed: Departed): Promise<boolean> {
    const { log } = this.#options;
    if (departed.url === undefined && departed.life === undefined) return log.remove(name);
    const standing = (await log.all()).find((record) => record.name === name);
    // Whoever has announced itself since then is another one, or is there after all.
    return standing !== undefined && isDeparted(standing, departed) && log.remove(name, standing.beat);
  }

  /** Says whether what matters to placement has changed. */
  #take(leaf: ClusterLeaf): boolean {
    const { name, zone, url, leaving } = leaf;
    const member = this.#members.get(name);
    if (member === undefined) {
      this.#members.set(name, { ...leaf, link: this.#linkTo(leaf) });
      return true;
    }
    const changed = member.zone !== zone || member.leaving !== leaving;
    Object.assign(member, { zone, leaving });
    if (member.url !== url) {
      member.link.close();
      Object.assign(member, { url, link: this.#linkTo(leaf) });
      this.#options.onLink(name);
    }
    return changed;
  }

  /** The address of a leaf that joined may have come to another since: one process must not count as two leaves. */
  #linkTo({ name, url, listed }: ClusterLeaf): LeafLink {
    return this.#options.linkTo(url, listed ? undefined : name, () => this.#options.onLink(name));
  }

  async #lose(name: string, beat: number): Promise<void> {
    const wasLeaving = this.#members.get(name)?.leaving === true;
    // Where the log cannot be changed now, the leaf is as silent at the next look.
    const removed = await this.#options.log.remove(name, beat).catch(() => false);
    // Another root may have been the one to take it off.
    if (removed && !wasLeaving) this.#lost++;
  }

  #look(): void {
    const { clock, timers, listed } = this.#options;
    const joined = this.#announced.filter(({ name }) => !listed.some((leaf) => leaf.name === name));
    const seen = joined.map(({ name, beat }) => {
      return { name, beat, connected: this.#members.get(name)?.link.connected === true };
    });
    for (const { name, beat } of this.#leases.review(seen, clock.nowMs())) {
      void this.#lose(name, beat);
    }
    this.#review = timers.after(reviewMs, () => this.#look());
  }
}

/** Whether an announcement may be the last of a leaf that says farewell. */
function isDeparted(standing: MemberRecord, { url = standing.url, life = standing.life }: Departed): boolean {
  return standing.url === url && (standing.life === undefined || standing.life === life);
}

/** Whether a member keeps its name from a leaf of that life at another address. */
function holdsName({ link, listed }: Member, life: string): boolean {
  return link.connected ? link.state().leaf?.bootId !== life : listed;
}
