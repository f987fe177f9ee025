import { appendFile } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { type Clock, wallInstant } from "../time.ts";
import { TokenBucket } from "./rate-limit.ts";

/** What a request is about, where it names that. */
export type Aim = {
  index?: string;
  id?: string;
  /** The leaf that was to be taken off or announced. */
  leaf?: string;
  /** Where aliases were to point; null: they were to be removed. */
  aliases?: Readonly<Record<string, string | null>>;
};

/** What the audit log says of one request: who did what to which index, and how it ended. Never a document's text. */
export type AuditLine = Aim & {
  traceId: string;
  /** The key's name; undefined where there are no keys, or none was known. */
  key: string | undefined;
  from: string | undefined;
  method: string;
  route: string;
  status: number;
  /**
   * Where the connection was closed early: before the body had come whole, or before the answer had left. The status is
   * then the one that would have been answered.
   */
  cut?: "body" | "answer";
};

/** Where such lines go. Noting never waits and never throws. */
export type Audit = {
  note(line: AuditLine): void;
  /** Resolves once everything that was noted is in the file, or cannot be. */
  close(): Promise<void>;
};

export const noAudit: Audit = { note: () => undefined, close: async () => undefined };

/** Whether a request was not let in: without a key that is known, or with one that does not open this. */
export function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

/** What was turned away and is written down, a second: asking costs little, and must not fill the disk. */
const turnedAwayRate = { perS: 10, burst: 100 };
const waitingMax = 100_000;

/**
 * Appends JSON lines to a file, which is opened anew for each batch of them: it may be moved away at any time. Where it
 * cannot be written, requests go on; `onTrouble` hears how many lines were lost.
 */
export function openAudit(path: string, parts: { clock: Clock; onTrouble: (fields: object) => void }): Audit {
  const turnedAway = new TokenBucket(turnedAwayRate, parts.clock.nowMs());
  let suppressed = 0;
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await appendFile(path, lines.join(""), { mode: 0o600 });
      } catch (error) {
        parts.onTrouble({ path, lost: lines.length, error: messageOf(error) });
      }
    }
    writing = undefined;
  };

  const write = (fields: object): void => {
    waiting.push(`${JSON.stringify({ time: wallInstant(), ...fields })}\n`);
    writing ??= writeAll();
  };

  return {
    note(line) {
      // Whoever is let in is turned away, too, while too much comes.
      const isTurnedAway = isRefusal(line.status) || line.status === 429;
      if ((isTurnedAway && turnedAway.take(parts.clock.nowMs()) > 0) || waiting.length >= waitingMax) {
        suppressed++;
        return;
      }
      const more = suppressed === 0 ? {} : { suppressed };
      suppressed = 0;
      write({ ...line, ...more });
    },
    async close() {
      // They would have been told with the next line.
      if (suppressed > 0) write({ suppressed });
      suppressed = 0;
      await writing;
    },
  };
}
