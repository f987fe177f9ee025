import { FrameError, pongBytes, searchHeadBytes, tiedFlag } from "./frames.ts";
import { nestsDeeper } from "./json-depth.ts";

/** What a search frame asks for. `budgetMs` counts from the frame's arrival; `plan` is not yet looked at. */
export type SearchPayload = { budgetMs: number; shard: number; tied: boolean; plan: Buffer };

/** Takes a search frame's payload apart. Throws a FrameError when it is cut short or its budget is no duration. */
export function readSearchPayload(payload: Buffer): SearchPayload {
  if (payload.length < searchHeadBytes) throw new FrameError("a search frame is cut short");
  const budgetMs = payload.readFloatLE(0);
  if (!(budgetMs >= 0)) throw new FrameError("a search frame's budget is no duration");
  return {
    budgetMs,
    shard: payload.readUInt16LE(4),
    tied: (payload.readUInt8(6) & tiedFlag) !== 0,
    plan: payload.subarray(searchHeadBytes),
  };
}

/** What a pong's sender's clock says, in milliseconds; undefined where it does not tell. */
export function readPong(payload: Buffer): number | undefined {
  const clockMs = payload.length < pongBytes ? Number.NaN : payload.readDoubleLE(0);
  return Number.isFinite(clockMs) ? clockMs : undefined;
}

const measuredBytesMin = 16 * 1024;

/** A JSON value and the raw bytes that follow it. */
export type HeadAndBody = { head: unknown; body: Buffer };

/** Takes a payload of a JSON head and raw bytes apart. Throws a FrameError when it is not one. */
export function readHeadAndBody(payload: Buffer): HeadAndBody {
  if (payload.length < 4) throw new FrameError("a frame's head is cut short");
  const end = 4 + payload.readUInt32LE(0);
  if (end > payload.length) throw new FrameError("a frame's head is longer than the frame");
  return { head: readJson(payload.subarray(4, end)), body: payload.subarray(end) };
}

/** Reads a payload that is JSON alone. Throws a FrameError when it is not. */
export function readJson(payload: Buffer): unknown {
  // A short one is parsed sooner than it is measured, however deep it nests.
  if (payload.length > measuredBytesMin && nestsDeeper(payload)) throw new FrameError("a frame's head nests too deep");
  try {
    return JSON.parse(payload.toString());
  } catch {
    throw new FrameError("a frame's head is not JSON");
  }
}
