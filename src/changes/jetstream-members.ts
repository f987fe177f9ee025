import { failureKind, unavailable } from "./jetstream-errors.ts";
import { KeyWatch } from "./jetstream-key-watch.ts";
import { Patience } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import { Listeners } from "./listeners.ts";
import { type Announcement, announcementOf, type MemberLog, type MemberRecord } from "./members.ts";

/** What is known of a key: what stands there since a revision, or that nothing does. */
type Known = { revision: number; record: MemberRecord | undefined };

/**
 * The members in the key-value bucket of the catalog, a key for each leaf. Every announcement is a revision of its key:
 * that is the beat which all roots see, whichever of them the leaf spoke to.
 */
export class JetStreamMembers implements MemberLog {
  readonly #server: JetStreamServer;
  readonly #listeners = new Listeners();
  readonly #known = new Map<string, Known>();
  #watch: KeyWatch | undefined;

  constructor(server: JetStreamServer) {
    this.#server = server;
  }

  /** Reads what stands, and follows it from then on. */
  async open(): Promise<void> {
    const { catalog } = this.#server;
    const keys: string[] = [];
    for await (const key of await catalog.keys(allKeys)) keys.push(key);
    for (const key of keys) {
      const entry = await catalog.get(key);
      if (entry !== null) this.#take(entry);
    }
    this.#watch = await KeyWatch.open(this.#server, { key: allKeys, onEntry: (entry) => this.#take(entry) });
  }

  close(): void {
    this.#watch?.close();
    this.#listeners.clear();
  }

  async all(): Promise<MemberRecord[]> {
    return [...this.#known.values()].flatMap(({ record }) => (record === undefined ? [] : [record]));
  }

  async announce(member: Announcement): Promise<void> {
    const said = announcementOf(member);
    const put = (): Promise<number> => this.#server.catalog.put(keyOf(said.name), JSON.stringify(said));
    // Announcing twice is one more sign of life.
    const revision = await new Patience().read(put);
    this.#keep(said.name, { revision, record: { ...said, beat: revision } });
  }

  async remove(name: string, beat?: number): Promise<boolean> {
    const standing = this.#known.get(name)?.record;
    if (standing === undefined || (beat !== undefined && standing.beat !== beat)) return false;
    try {
      await this.#server.catalog.purge(keyOf(name), { previousSeq: standing.beat });
    } catch (error) {
      // The leaf has announced itself meanwhile, or another root took it away: the watch tells which.
      if (failureKind(error) === "moved") return false;
      throw unavailable(error);
    }
    this.#keep(name, { revision: standing.beat, record: undefined });
    return true;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  #take({ key, operation, revision, value }: { key: string; operation: string; revision: number; value: Uint8Array }) {
    const name = nameIn(key);
    if (operation !== "PUT") this.#keep(name, { revision, record: undefined });
    else {
      const said: Announcement = JSON.parse(new TextDecoder().decode(value));
      this.#keep(name, { revision, record: { ...said, beat: revision } });
    }
  }

  /** Revisions may come late or twice, from the watch and from an answer. */
  #keep(name: string, now: Known): void {
    const before = this.#known.get(name);
    const isNews = before === undefined || now.revision > before.revision;
    const isRemoval = before !== undefined && now.revision === before.revision && now.record === undefined;
    if (!isNews && !isRemoval) return;
    this.#known.set(name, now);
    this.#listeners.tell();
  }
}

const prefix = "member.";
const allKeys = `${prefix}*`;

/** Names hold any Unicode, keys a few letters. */
function keyOf(name: string): string {
  return prefix + Buffer.from(name).toString("base64url");
}

function nameIn(key: string): string {
  return Buffer.from(key.slice(prefix.length), "base64url").toString();
}
