import type { Change } from "../protocol/change.ts";
import { changeSizeBytes } from "./change-size.ts";
import { changeOf } from "./jetstream-message.ts";
import { shardFilter } from "./jetstream-names.ts";
import { Patience } from "./jetstream-patience.ts";
import { Puller } from "./jetstream-pull.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { ChangePage } from "./log.ts";
import type { ReadRequest } from "./messages.ts";

/** A page before it is known whether deletes have been forgotten meanwhile. */
export type ReadPage = Omit<ChangePage, "forgotten">;

/** Single reads first: a follower that keeps up finds one or two changes. */
const singleReadsMax = 2;
const pullMessagesMax = 512;
const pullBytes = 1 << 20;
/** Places where followers that are catching up will go on. */
const bookmarksMax = 32;

/** Where a follower will go on: what was pulled and did not fit its page, and the puller behind that. */
type Bookmark = { puller: Puller; rest: Change[] };

/** Reads shards page by page. The head that a last page names must be known before anything is read. */
export class JetStreamReader {
  readonly #server: JetStreamServer;
  readonly #bookmarks = new Map<string, Bookmark>();

  constructor(server: JetStreamServer) {
    this.#server = server;
  }

  async read(request: ReadRequest, head: number): Promise<ReadPage> {
    const patience = new Patience();
    return patience.read(() => this.#page(request, head));
  }

  close(): void {
    for (const { puller } of this.#bookmarks.values()) puller.close();
    this.#bookmarks.clear();
  }

  async #page(request: ReadRequest, head: number): Promise<ReadPage> {
    const filter = shardFilter(request);
    const page = new Page(request);
    const bookmark = this.#takeBookmark(request);
    if (bookmark !== undefined) return this.#pulled(request, page, { bookmark, head });
    for (let reads = 0; reads < singleReadsMax; reads++) {
      const change = await this.#next(filter, page.last + 1);
      if (change === undefined) return page.end(head);
      if (!page.add(change)) return page.cut();
    }
    const puller = await Puller.open(this.#server, { filter, from: page.last + 1 });
    return this.#pulled(request, page, { bookmark: { puller, rest: [] }, head });
  }

  /** Fills a page from a puller. Only the stream itself says that nothing more is there. */
  async #pulled(
    request: ReadRequest,
    page: Page,
    { bookmark, head }: { bookmark: Bookmark; head: number },
  ): Promise<ReadPage> {
    const { puller, rest } = bookmark;
    const take = (): boolean => {
      let taken = 0;
      for (const change of rest) {
        if (change.sequence > page.last && !page.add(change)) break;
        taken++;
      }
      rest.splice(0, taken);
      return rest.length > 0;
    };
    try {
      for (let full = take(); !full; full = take()) {
        const onMessage = (message: Parameters<typeof changeOf>[0]): void => {
          const change = changeOf(message);
          if (change !== undefined) rest.push(change);
        };
        const how = await puller.pull({ messages: pullMessagesMax, sizeBytes: pullBytes, onMessage });
        if (how === "gone" && rest.length > 0) {
          take();
          puller.close();
          return page.cut();
        }
        if (how === "filled" || rest.length > 0) continue;
        const change = await this.#next(shardFilter(request), page.last + 1);
        if (change === undefined) {
          puller.close();
          return page.end(head);
        }
        // The puller is behind, gone, or stands before a message that is too large for it.
        puller.close();
        page.add(change);
        return page.cut();
      }
    } catch (error) {
      puller.close();
      throw error;
    }
    const cut = page.cut();
    this.#putBookmark({ ...request, after: cut.upTo }, bookmark);
    return cut;
  }

  async #next(filter: string, sequence: number): Promise<Change | undefined> {
    const message = await this.#server.next(filter, sequence);
    if (message === undefined) return undefined;
    return changeOf({ subject: message.subject, sequence: message.seq, headers: message.header, data: message.data });
  }

  #takeBookmark(request: ReadRequest): Bookmark | undefined {
    const key = placeOf(request);
    const bookmark = this.#bookmarks.get(key);
    this.#bookmarks.delete(key);
    return bookmark;
  }

  #putBookmark(request: ReadRequest, bookmark: Bookmark): void {
    const key = placeOf(request);
    this.#bookmarks.get(key)?.puller.close();
    this.#bookmarks.set(key, bookmark);
    const [oldest] = this.#bookmarks;
    if (oldest === undefined || this.#bookmarks.size <= bookmarksMax) return;
    this.#bookmarks.delete(oldest[0]);
    oldest[1].puller.close();
  }
}

/** A page as it fills, at most its limit of sources, or one change. */
class Page {
  readonly #changes: Change[] = [];
  readonly #limitBytes: number;
  #sizeBytes = 0;
  /** The last sequence that is in this page or before it. */
  last: number;

  constructor({ after, limitBytes }: ReadRequest) {
    this.#limitBytes = limitBytes;
    this.last = after;
  }

  /** Adds a change unless the page is full. */
  add(change: Change): boolean {
    const sizeBytes = this.#sizeBytes + changeSizeBytes(change);
    if (this.#changes.length > 0 && sizeBytes > this.#limitBytes) return false;
    this.#changes.push(change);
    this.#sizeBytes = sizeBytes;
    this.last = change.sequence;
    return true;
  }

  /** More may follow. */
  cut(): ReadPage {
    return { changes: this.#changes, upTo: this.last, more: true };
  }

  /** Nothing follows that was there when `head` was. */
  end(head: number): ReadPage {
    return { changes: this.#changes, upTo: Math.max(head, this.last), more: false };
  }
}

function placeOf({ incarnation, shard, after }: ReadRequest): string {
  return `${incarnation}.${shard}@${after}`;
}
