import type { Duplex } from "node:stream";
import { messageOf } from "../errors.ts";
import { ClockOffset } from "../policy/clock-offset.ts";
import { readPong } from "../protocol/frame-payload.ts";
import { createFrameWriter, type FrameWriter } from "../protocol/frame-writer.ts";
import { createFrameDecoder, type FrameKind, type FrameListener, frameKind } from "../protocol/frames.ts";
import { afterPoll, type Clock, type Timer, type Timers } from "../time.ts";

export type LinkSessionOptions = {
  clock: Clock;
  timers: Timers;
  pingEveryMs: number;
  silenceMaxMs: number;
  /** Hears of what the leaf says of requests; not of what concerns the connection itself. */
  onFrame: FrameListener;
  onRoundTrip: (tookMs: number) => void;
  /** The leaf finishes what it has and wants no more. */
  onLeaving: () => void;
  /** Hears once why the connection has ended, unless `close` ended it; `hungUp`: by the leaf's end, or on the way. */
  onEnd: (end: { detail: string; hungUp: boolean }) => void;
};

/** One connection to one life of a leaf: pings it, and ends when it hangs up, falls silent or says what is no frame. */
export class LinkSession {
  readonly writer: FrameWriter;
  /** Of this connection alone: the next one's leaf may be another process, whose clock began at another time. */
  readonly offset = new ClockOffset();
  readonly #socket: Duplex;
  readonly #options: LinkSessionOptions;
  #isOpen = true;
  #heardMs: number;
  /** When it was last looked whether the leaf is silent. */
  #lookedMs: number;
  #pingedMs: number | undefined;
  #timer: Timer | undefined;

  constructor(socket: Duplex, options: LinkSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.writer = createFrameWriter(socket);
    this.#heardMs = options.clock.nowMs();
    this.#lookedMs = this.#heardMs;
    const decoder = createFrameDecoder((kind, request, payload) => this.#receive(kind, request, payload));
    socket.on("data", (chunk: Buffer) => {
      if (!this.#isOpen) return;
      this.#heardMs = options.clock.nowMs();
      try {
        decoder.push(chunk);
      } catch (error) {
        this.#end({ detail: messageOf(error), hungUp: false });
      }
    });
    socket.on("error", (error) => this.#end({ detail: error.message, hungUp: true }));
    socket.on("end", () => this.#end({ detail: "the leaf hung up", hungUp: true }));
    socket.on("close", () => this.#end({ detail: "the connection is gone", hungUp: true }));
    this.#ping();
  }

  /** Bytes that the leaf has not read yet. */
  get unsentSizeBytes(): number {
    return this.#socket.writableLength;
  }

  /** Hangs up without a word. */
  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#socket.destroy();
  }

  #end(end: { detail: string; hungUp: boolean }): void {
    if (!this.#isOpen) return;
    this.close();
    this.#options.onEnd(end);
  }

  #receive(kind: FrameKind, request: number, payload: Buffer): void {
    if (!this.#isOpen) return;
    if (kind === frameKind.pong) this.#takePong(payload);
    else if (kind === frameKind.leaving) this.#options.onLeaving();
    else this.#options.onFrame(kind, request, payload);
  }

  #takePong(payload: Buffer): void {
    const sentMs = this.#pingedMs;
    if (sentMs === undefined) return;
    this.#pingedMs = undefined;
    const receivedMs = this.#options.clock.nowMs();
    const theirMs = readPong(payload);
    if (theirMs !== undefined) this.offset.add({ sentMs, receivedMs, theirMs });
    this.#options.onRoundTrip(receivedMs - sentMs);
  }

  #ping(): void {
    const { clock, timers, pingEveryMs, silenceMaxMs } = this.#options;
    const nowMs = clock.nowMs();
    // What stood still may have been the whole machine: nobody was silent then, and all leaves at once would be gone.
    if (nowMs - this.#lookedMs > 2 * pingEveryMs) this.#heardMs = nowMs;
    this.#lookedMs = nowMs;
    if (this.#pingedMs === undefined) {
      this.#pingedMs = nowMs;
      this.writer.signal("ping", 0);
    } else if (this.#isSilent()) {
      // Timers run before sockets are read: after a blocked loop the answer may be there, unread.
      afterPoll(() => {
        const detail = `the leaf has been silent for ${silenceMaxMs} ms`;
        if (this.#isSilent()) this.#end({ detail, hungUp: false });
      });
    }
    this.#timer = timers.after(pingEveryMs, () => this.#ping());
  }

  #isSilent(): boolean {
    const { clock, silenceMaxMs } = this.#options;
    return this.#pingedMs !== undefined && clock.nowMs() - Math.max(this.#heardMs, this.#pingedMs) > silenceMaxMs;
  }
}
