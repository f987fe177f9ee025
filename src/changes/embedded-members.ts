import { Listeners } from "./listeners.ts";
import { type Announcement, announcementOf, type MemberLog, type MemberRecord, saysTheSame } from "./members.ts";
import { Turns } from "./turns.ts";

/** Where the embedded log keeps announcements. */
export type MemberStore = {
  read(): Promise<Announcement[]>;
  set(member: Announcement): Promise<void>;
  remove(name: string): Promise<void>;
};

/**
 * The members of the embedded log. Its one root hears every announcement itself, so that only what is new in one goes
 * to the disk: a root that starts again knows where its replicas were, and counts the leaves' silence from then on.
 */
export class EmbeddedMembers implements MemberLog {
  readonly #store: MemberStore;
  readonly #listeners = new Listeners();
  /** What is known changes with what is on the disk, one after the other: neither may hold what the other lacks. */
  readonly #turns = new Turns();
  #loading: Promise<Map<string, MemberRecord>> | undefined;
  #beat = 0;

  constructor(store: MemberStore) {
    this.#store = store;
  }

  async all(): Promise<MemberRecord[]> {
    return [...(await this.#records()).values()];
  }

  announce(member: Announcement): Promise<void> {
    return this.#turns.run(async () => {
      const records = await this.#records();
      const before = records.get(member.name);
      const said = announcementOf(member);
      if (before === undefined || !saysTheSame(before, said)) await this.#store.set(said);
      records.set(said.name, { ...said, beat: ++this.#beat });
      this.#listeners.tell();
    });
  }

  remove(name: string, beat?: number): Promise<boolean> {
    return this.#turns.run(async () => {
      const records = await this.#records();
      const standing = records.get(name);
      if (standing === undefined || (beat !== undefined && standing.beat !== beat)) return false;
      await this.#store.remove(name);
      records.delete(name);
      this.#listeners.tell();
      return true;
    });
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  #records(): Promise<Map<string, MemberRecord>> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<Map<string, MemberRecord>> {
    const kept = await this.#store.read();
    return new Map(kept.map((member) => [member.name, { ...member, beat: ++this.#beat }]));
  }
}
