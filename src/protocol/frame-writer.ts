import type { Writable } from "node:stream";
import { afterPoll } from "../time.ts";
import {
  type FrameKind,
  frameHeadBytes,
  frameKind,
  payloadSizeBytesMax,
  pongBytes,
  searchHeadBytes,
  tiedFlag,
} from "./frames.ts";
import type { DocumentSlice, ShardReply } from "./link.ts";
import { extrasOf, replyHeadBytes, replyHeadBytesMax, writeReplyHead } from "./reply-payload.ts";

/** A search as the root sends it; `plan` is encoded once and shared by the frames to all shards. */
export type SearchFrame = { plan: Uint8Array; shard: number; budgetMs: number; tied: boolean };

/** Writes frames, gathered: all frames of one turn of the event loop leave in one write. */
export type FrameWriter = {
  search(request: number, search: SearchFrame): void;
  /** A frame that says nothing but its kind. */
  signal(kind: "cancel" | "started" | "ping" | "leaving", request: number): void;
  /** Answers a ping with what this process's clock says. */
  pong(request: number, clockMs: number): void;
  /** A frame whose payload is JSON. */
  json(kind: "failure" | "callFailure", request: number, value: unknown): void;
  /** A frame of a JSON head and raw bytes in pieces. The pieces must not change afterwards. */
  message(kind: "call" | "answer", request: number, content: { head: unknown; body: readonly Uint8Array[] }): void;
  /**
   * A shard's answer and its documents. Where that is more than a payload may have it is not written, and how many bytes
   * it takes is answered. The pieces must not change afterwards.
   */
  reply(request: number, reply: ShardReply, documents: readonly DocumentSlice[]): { tooLargeBytes: number } | undefined;
  /** How many writes there have been: what is gathered now leaves in the next. */
  readonly writes: number;
  /** Sends now what was gathered; otherwise it leaves when the turn ends. */
  flush(): void;
};

/** Runs a flush at the end of the turn. `afterPoll` gathers over all sockets that one poll found readable. */
export type FlushSchedule = (flush: () => void) => void;

const slabBytes = 64 * 1024;
/** From here on a piece is handed to the socket as it stands; below it a copy is cheaper than one more buffer. */
const copyBytesMax = 8 * 1024;

/** Memory that small pieces are copied into; `held`: how many parts of it the stream still has to write. */
type Slab = { readonly bytes: Buffer; readonly view: DataView; held: number; readonly onWritten: () => void };

/** What leaves with the next write; `slab`: whose part it is. */
type Piece = { bytes: Uint8Array; slab: Slab | undefined };

/**
 * A writer to one stream. Small pieces are copied one after the other into a slab, which is filled from its beginning
 * again once the stream has written all of it: memory outside the heap that comes and goes has the collector mark the
 * whole heap again and again. What a slow stream still holds is never written over; a full slab is left to it.
 */
export function createFrameWriter(stream: Writable, schedule: FlushSchedule = afterPoll): FrameWriter {
  let slab = newSlab(slabBytes);
  let start = 0;
  let end = 0;
  let scheduled = false;
  let writes = 0;
  let pieces: Piece[] = [];

  function newSlab(sizeBytes: number): Slab {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    const made: Slab = {
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      held: 0,
      onWritten: () => {
        made.held--;
        if (made.held > 0 || made !== slab || end > start) return;
        start = 0;
        end = 0;
      },
    };
    return made;
  }

  const cut = (): void => {
    if (end === start) return;
    slab.held++;
    pieces.push({ bytes: slab.bytes.subarray(start, end), slab });
    start = end;
  };

  const flush = (): void => {
    scheduled = false;
    writes++;
    cut();
    if (pieces.length === 0 || stream.destroyed) {
      pieces = [];
      return;
    }
    const leaving = pieces;
    pieces = [];
    if (leaving.length > 1) stream.cork();
    for (const { bytes, slab: of } of leaving) stream.write(bytes, of?.onWritten);
    if (leaving.length > 1) stream.uncork();
  };

  const reserve = (sizeBytes: number): void => {
    if (!scheduled) {
      scheduled = true;
      schedule(flush);
    }
    if (slab.bytes.length - end >= sizeBytes) return;
    cut();
    slab = newSlab(Math.max(slabBytes, sizeBytes));
    start = 0;
    end = 0;
  };

  const append = (bytes: Uint8Array): void => {
    if (bytes.length > copyBytesMax) {
      cut();
      pieces.push({ bytes, slab: undefined });
      return;
    }
    reserve(bytes.length);
    slab.bytes.set(bytes, end);
    end += bytes.length;
  };

  /** Copied by the runtime: filling a slab from a view of shared memory takes half as long again, and a view each. */
  const appendSlice = ({ bytes, start: from, end: to }: DocumentSlice): void => {
    if (to - from > copyBytesMax) {
      append(bytes.subarray(from, to));
      return;
    }
    reserve(to - from);
    end += bytes.copy(slab.bytes, end, from, to);
  };

  /** Writes a frame's head at `at`, the whole frame being `sizeBytes` long. */
  const putHead = (at: number, kind: FrameKind, frame: { request: number; sizeBytes: number }): void => {
    slab.view.setUint32(at, frame.sizeBytes - 4, true);
    slab.bytes[at + 4] = kind;
    slab.view.setUint32(at + 5, frame.request, true);
  };

  return {
    search(request, { plan, shard, budgetMs, tied }) {
      const headBytes = frameHeadBytes + searchHeadBytes;
      reserve(headBytes);
      putHead(end, frameKind.search, { request, sizeBytes: headBytes + plan.length });
      slab.bytes.writeFloatLE(budgetMs, end + frameHeadBytes);
      slab.bytes.writeUInt16LE(shard, end + frameHeadBytes + 4);
      slab.bytes.writeUInt8(tied ? tiedFlag : 0, end + frameHeadBytes + 6);
      end += headBytes;
      append(plan);
    },
    signal(kind, request) {
      reserve(frameHeadBytes);
      putHead(end, frameKind[kind], { request, sizeBytes: frameHeadBytes });
      end += frameHeadBytes;
    },
    pong(request, clockMs) {
      const sizeBytes = frameHeadBytes + pongBytes;
      reserve(sizeBytes);
      putHead(end, frameKind.pong, { request, sizeBytes });
      slab.bytes.writeDoubleLE(clockMs, end + frameHeadBytes);
      end += sizeBytes;
    },
    json(kind, request, value) {
      const text = JSON.stringify(value);
      reserve(frameHeadBytes + 3 * text.length);
      const sizeBytes = frameHeadBytes + slab.bytes.write(text, end + frameHeadBytes);
      putHead(end, frameKind[kind], { request, sizeBytes });
      end += sizeBytes;
    },
    message(kind, request, { head, body }) {
      const text = JSON.stringify(head);
      reserve(frameHeadBytes + 4 + 3 * text.length);
      const textBytes = slab.bytes.write(text, end + frameHeadBytes + 4);
      slab.bytes.writeUInt32LE(textBytes, end + frameHeadBytes);
      let sizeBytes = frameHeadBytes + 4 + textBytes;
      for (const piece of body) sizeBytes += piece.length;
      putHead(end, frameKind[kind], { request, sizeBytes });
      end += frameHeadBytes + 4 + textBytes;
      for (const piece of body) append(piece);
    },
    reply(request, reply, documents) {
      const extras = extrasOf(reply);
      let documentsBytes = 0;
      for (const document of documents) documentsBytes += document.end - document.start;
      let headBytesMax = replyHeadBytesMax(reply, extras);
      if (headBytesMax + documentsBytes > payloadSizeBytesMax) {
        headBytesMax = replyHeadBytes(reply, extras);
        const tooLargeBytes = headBytesMax + documentsBytes;
        if (tooLargeBytes > payloadSizeBytesMax) return { tooLargeBytes };
      }
      reserve(frameHeadBytes + headBytesMax);
      const headBytes = frameHeadBytes + writeReplyHead(slab, end + frameHeadBytes, { reply, extras });
      putHead(end, frameKind.reply, { request, sizeBytes: headBytes + documentsBytes });
      end += headBytes;
      for (const document of documents) appendSlice(document);
      return undefined;
    },
    get writes() {
      return writes;
    },
    flush,
  };
}
