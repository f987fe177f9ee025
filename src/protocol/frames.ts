/**
 * The frames of the link between root and leaf. Layout, little-endian: u32 length of all that follows it, u8 kind,
 * u32 request, payload. A request is numbered by the root; whatever the leaf says about it carries the same number.
 *
 * Payloads: `search` f32 budgetMs, u16 shard, u8 flags, the plan (see `plan-payload`). `reply` see `reply-payload`. `call`,
 * `answer` u32 head length, JSON head, raw bytes. `failure`, `callFailure` JSON. `pong` f64 the leaf's monotonic clock in
 * milliseconds. `cancel`, `started`, `ping`, `leaving` nothing.
 */
export const frameKind = {
  search: 1,
  cancel: 2,
  started: 3,
  reply: 4,
  failure: 5,
  call: 6,
  answer: 7,
  callFailure: 8,
  ping: 9,
  pong: 10,
  /** The leaf finishes what it has and asks for no more. */
  leaving: 11,
} as const;

export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

const lengthBytes = 4;
const kindAndRequestBytes = 5;
export const frameHeadBytes = lengthBytes + kindAndRequestBytes;
export const searchHeadBytes = 7;
export const pongBytes = 8;
/** The bit of a search frame's flags that asks the leaf to say `started`. */
export const tiedFlag = 1;

/** The largest payload that a decoder takes unless told otherwise: a full page of large documents fits. */
export const payloadSizeBytesMax = 64 * 1024 * 1024;

/** The bytes are not frames of this link; nothing after them can be trusted, so the connection has to go. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Takes one frame. `payload` is a view that stays valid; it may share memory with other frames of the same chunk. */
export type FrameListener = (kind: FrameKind, request: number, payload: Buffer) => void;

/** Turns a stream of bytes into frames, whatever pieces it comes in. */
export type FrameDecoder = {
  /** Calls the listener for every frame that `chunk` completes. Throws a FrameError on bytes that are no frame. */
  push(chunk: Buffer): void;
};

const none = Buffer.alloc(0);
const firstStoreBytes = 4096;

/**
 * A decoder that copies only frames that are split between chunks. It holds at most some KiB more than twice the bytes
 * it was given, whatever length a frame claims.
 */
export function createFrameDecoder(listener: FrameListener, sizeBytesMax: number = payloadSizeBytesMax): FrameDecoder {
  let store = none;
  let storedBytes = 0;

  const keep = (bytes: Buffer): void => {
    const neededBytes = storedBytes + bytes.length;
    if (neededBytes > store.length) {
      const grown = Buffer.allocUnsafeSlow(
        Math.max(neededBytes, firstStoreBytes, Math.min(2 * storedBytes, sizeBytesMax)),
      );
      store.copy(grown, 0, 0, storedBytes);
      store = grown;
    }
    bytes.copy(store, storedBytes);
    storedBytes = neededBytes;
  };

  /** Fills up the frame that an earlier chunk began; returns how much of `chunk` that took. */
  const complete = (chunk: Buffer): number => {
    let used = 0;
    if (storedBytes < frameHeadBytes) {
      used = Math.min(frameHeadBytes - storedBytes, chunk.length);
      keep(chunk.subarray(0, used));
      if (storedBytes < frameHeadBytes) return used;
    }
    const rest = Math.min(frameSizeBytes(store, 0, sizeBytesMax) - storedBytes, chunk.length - used);
    keep(chunk.subarray(used, used + rest));
    if (storedBytes === frameSizeBytes(store, 0, sizeBytesMax)) {
      const frame = store.subarray(0, storedBytes);
      store = none;
      storedBytes = 0;
      deliver(frame, listener);
    }
    return used + rest;
  };

  return {
    push(chunk) {
      let at = storedBytes > 0 ? complete(chunk) : 0;
      while (chunk.length - at >= frameHeadBytes) {
        const end = at + frameSizeBytes(chunk, at, sizeBytesMax);
        if (end > chunk.length) break;
        deliver(chunk.subarray(at, end), listener);
        at = end;
      }
      if (at < chunk.length) keep(chunk.subarray(at));
    },
  };
}

/** The whole size of the frame whose head stands at `at`. Throws a FrameError where no frame can begin like this. */
function frameSizeBytes(bytes: Buffer, at: number, sizeBytesMax: number): number {
  const length = bytes.readUInt32LE(at);
  const kind = bytes.readUInt8(at + lengthBytes);
  if (kind === 0 || kind > frameKind.leaving) throw new FrameError(`there is no frame of kind ${kind}`);
  if (length < kindAndRequestBytes) throw new FrameError(`a frame of ${length} bytes is too short to be one`);
  if (length - kindAndRequestBytes > sizeBytesMax) {
    throw new FrameError(
      `a frame's payload of ${length - kindAndRequestBytes} bytes is over the limit of ${sizeBytesMax}`,
    );
  }
  return lengthBytes + length;
}

function deliver(frame: Buffer, listener: FrameListener): void {
  const kind = frame.readUInt8(lengthBytes);
  if (isFrameKind(kind)) listener(kind, frame.readUInt32LE(lengthBytes + 1), frame.subarray(frameHeadBytes));
}

function isFrameKind(kind: number): kind is FrameKind {
  return kind >= frameKind.search && kind <= frameKind.leaving;
}
