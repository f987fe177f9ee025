import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHeadAndBody, readJson, readSearchPayload } from "../../src/protocol/frame-payload.ts";
import { createFrameWriter, type FrameWriter } from "../../src/protocol/frame-writer.ts";
import { createFrameDecoder, FrameError, frameHeadBytes, frameKind } from "../../src/protocol/frames.ts";

type Seen = { kind: number; request: number; payload: string };

/** What the layout says a frame is, written down again here. */
function frameBytes(kind: number, request: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(5 + payload.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32LE(request, 5);
  return Buffer.concat([head, payload]);
}

function decodeAll(chunks: readonly Buffer[], sizeBytesMax?: number): Seen[] {
  const seen: Seen[] = [];
  const decoder = createFrameDecoder(
    (kind, request, payload) => seen.push({ kind, request, payload: payload.toString("hex") }),
    sizeBytesMax,
  );
  for (const chunk of chunks) decoder.push(chunk);
  return seen;
}

/** Cuts bytes at the places given, in any order, twice or beyond the end. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((cut, i) => Buffer.from(bytes.subarray(cuts[i], cut)));
}

const frames = fc.array(
  fc.record({
    kind: fc.integer({ min: 1, max: 11 }),
    request: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 3000, max: 20_000 }).map((length) => new Uint8Array(length).fill(length)),
    ),
  }),
  { maxLength: 12 },
);

describe("frame decoder", () => {
  it("gives the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(100_000), { maxLength: 40 }), (sent, places) => {
        const bytes = Buffer.concat(sent.map((f) => frameBytes(f.kind, f.request, Buffer.from(f.payload))));
        const expected = sent.map((f) => ({ ...f, payload: Buffer.from(f.payload).toString("hex") }));
        expect(decodeAll(cutAt(bytes, places))).toEqual(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("takes frames one byte at a time", () => {
    const bytes = Buffer.concat([
      frameBytes(1, 7, Buffer.from("a plan")),
      frameBytes(2, 8, Buffer.alloc(0)),
      frameBytes(4, 9, Buffer.alloc(5000, 3)),
    ]);
    expect(decodeAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual(decodeAll([bytes]));
    expect(decodeAll([bytes])).toHaveLength(3);
  });

  it("keeps payloads whole after later chunks", () => {
    const payloads: Buffer[] = [];
    const decoder = createFrameDecoder((_kind, _request, payload) => payloads.push(payload));
    const first = frameBytes(4, 1, Buffer.alloc(100, 1));
    decoder.push(first.subarray(0, 50));
    decoder.push(Buffer.concat([first.subarray(50), frameBytes(4, 2, Buffer.alloc(100, 2))]));
    decoder.push(frameBytes(4, 3, Buffer.alloc(100, 3)));
    expect(payloads.map((payload) => [...new Set(payload)])).toEqual([[1], [2], [3]]);
  });

  it.each([
    ["kind 0", frameBytes(0, 1, Buffer.alloc(3)), /kind 0/],
    ["an unknown kind", frameBytes(12, 1, Buffer.alloc(3)), /kind 12/],
    ["a length below its own head", Buffer.from([4, 0, 0, 0, 1, 0, 0, 0, 0]), /too short/],
    ["more than the limit", frameBytes(1, 1, Buffer.alloc(101)), /over the limit of 100/],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), /no frame of kind/],
  ])("refuses %s, whole or in pieces", (_name, bytes, message) => {
    expect(() => decodeAll([bytes], 100)).toThrow(message);
    expect(() =>
      decodeAll(
        [...bytes].map((byte) => Buffer.of(byte)),
        100,
      ),
    ).toThrow(FrameError);
  });

  it("throws nothing but FrameErrors on garbage, and ends", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
        try {
          decodeAll(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it("does not believe a length before the bytes are there", () => {
    const head = frameBytes(4, 1, Buffer.alloc(0));
    head.writeUInt32LE(60 * 1024 * 1024, 0);
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => createFrameDecoder(() => expect.unreachable()));
    for (const decoder of decoders) decoder.push(Buffer.concat([head, Buffer.alloc(100)]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
    expect(decoders).toHaveLength(200);
  });
});

describe("frame payloads", () => {
  it("throws nothing but FrameErrors on garbage", () => {
    const readers = [readSearchPayload, readHeadAndBody, readJson];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...readers), (bytes, read) => {
        try {
          read(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

/** A stream that remembers what was written in which call. */
class Sink extends Writable {
  readonly writes: Buffer[][] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push([Buffer.from(chunk)]);
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => Buffer.from(chunk)));
    done();
  }
}

/** A stream that looks at what it was given only when the test has it finish a write, as a socket of a slow peer does. */
class SlowStream extends Writable {
  readonly written: Buffer[] = [];
  readonly memories = new Set<ArrayBufferLike>();
  #held: { chunks: Buffer[]; done: () => void } | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#held = { chunks: [chunk], done };
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#held = { chunks: chunks.map(({ chunk }) => chunk), done };
  }

  /** False: nothing is being written. */
  finishOne(): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    this.#held = undefined;
    for (const chunk of held.chunks) {
      this.written.push(Buffer.from(chunk));
      this.memories.add(chunk.buffer);
    }
    held.done();
    return true;
  }
}

describe("frame writer", () => {
  /** A writer whose turns end when the test says so. */
  function written(): { sink: Sink; writer: FrameWriter; endTurn: () => void } {
    const sink = new Sink();
    let flush = (): void => undefined;
    const writer = createFrameWriter(sink, (run) => {
      flush = run;
    });
    return { sink, writer, endTurn: () => flush() };
  }

  it("sends all frames of a turn in one write", () => {
    const { sink, writer, endTurn } = written();
    writer.signal("cancel", 1);
    writer.search(2, { plan: Buffer.from("{}"), shard: 3, budgetMs: 12.5, tied: true });
    writer.message("call", 4, { head: { name: "é" }, body: [Buffer.from("b1"), Buffer.from("b2")] });
    writer.json("failure", 5, { code: "expired" });
    expect(sink.writes).toHaveLength(0);
    endTurn();
    expect(sink.writes).toHaveLength(1);
    writer.signal("ping", 6);
    endTurn();
    expect(sink.writes).toHaveLength(2);
    endTurn();
    expect(sink.writes).toHaveLength(2);
    const seen = decodeAll(sink.writes.flat());
    expect(seen.map(({ kind, request }) => [kind, request])).toEqual([
      [frameKind.cancel, 1],
      [frameKind.search, 2],
      [frameKind.call, 4],
      [frameKind.failure, 5],
      [frameKind.ping, 6],
    ]);
    const payload = (i: number): Buffer => Buffer.from(seen[i]?.payload ?? "", "hex");
    expect(readSearchPayload(payload(1))).toEqual({ plan: Buffer.from("{}"), shard: 3, budgetMs: 12.5, tied: true });
    expect(readHeadAndBody(payload(2))).toEqual({ head: { name: "é" }, body: Buffer.from("b1b2") });
    expect(readJson(payload(3))).toEqual({ code: "expired" });
  });

  it("reads back as written, whatever the sizes and wherever turns end", () => {
    const message = fc.record({
      head: fc
        .tuple(fc.string({ unit: "binary", maxLength: 8 }), fc.nat(4000))
        .map(([text, times]) => text.repeat(times)),
      bodies: fc.array(fc.nat(20_000), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(message, fc.boolean()), { maxLength: 8 }), (messages) => {
        const { sink, writer, endTurn } = written();
        messages.forEach(([{ head, bodies }, ends], i) => {
          writer.message("answer", i, {
            head: [head],
            body: bodies.map((length) => new Uint8Array(length).fill(length)),
          });
          if (ends) endTurn();
        });
        endTurn();
        const seen = decodeAll(sink.writes.flat());
        expect(seen).toHaveLength(messages.length);
        messages.forEach(([{ head, bodies }], i) => {
          const read = readHeadAndBody(Buffer.from(seen[i]?.payload ?? "", "hex"));
          expect(read.head).toEqual(JSON.parse(JSON.stringify([head])));
          expect(read.body.equals(Buffer.concat(bodies.map((length) => Buffer.alloc(length, length))))).toBe(true);
        });
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  it("writes over nothing that a slow stream still holds, and uses memory again that it has written", () => {
    const turn = fc.record({ sizes: fc.array(fc.nat(9000), { maxLength: 6 }), written: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
        const stream = new SlowStream();
        const writer = createFrameWriter(stream, () => undefined);
        let sentBytes = 0;
        turns.forEach(({ sizes, written: writtenNow }, i) => {
          for (const [place, size] of sizes.entries()) {
            writer.message("answer", i, { head: 0, body: [Buffer.alloc(size, i + place)] });
            sentBytes += frameHeadBytes + 5 + size;
          }
          writer.flush();
          for (let done = 0; done < writtenNow; done++) stream.finishOne();
        });
        while (stream.finishOne());
        const seen = decodeAll(stream.written);
        const sizes = turns.flatMap(({ sizes }) => sizes);
        expect(seen.map(({ payload }) => payload.length / 2 - 5)).toEqual(sizes);
        expect(Buffer.concat(stream.written).length).toBe(sentBytes);
      }),
      { seed: 6, numRuns: 300 },
    );
    const stream = new SlowStream();
    const writer = createFrameWriter(stream, () => undefined);
    for (let i = 0; i < 100; i++) {
      writer.message("answer", i, { head: 0, body: [Buffer.alloc(5000, i)] });
      writer.flush();
      stream.finishOne();
    }
    expect(stream.memories.size).toBe(1);
  });

  it("hands large pieces on without copying them", () => {
    const chunks: Uint8Array[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) => done(void chunks.push(chunk)),
      writev: (all, done) => done(void chunks.push(...all.map(({ chunk }) => chunk))),
    });
    const writer = createFrameWriter(stream, (flush) => flush());
    const large = Buffer.alloc(100_000, 7);
    writer.message("call", 1, { head: {}, body: [large] });
    writer.flush();
    expect(chunks.some((chunk) => chunk.buffer === large.buffer && chunk.length === large.length)).toBe(true);
  });

  it("takes pieces from memory that threads share", () => {
    const { sink, writer, endTurn } = written();
    const shared = new Uint8Array(new SharedArrayBuffer(20_000)).fill(9);
    writer.message("answer", 1, { head: null, body: [shared, shared.subarray(0, 10)] });
    endTurn();
    const [frame] = decodeAll(sink.writes.flat());
    expect(frame?.payload.length).toBe(2 * (4 + 4 + 20_010));
    expect(Buffer.concat(sink.writes.flat()).length).toBe(frameHeadBytes + 8 + 20_010);
  });

  it("writes nothing to a stream that is gone", () => {
    const { sink, writer, endTurn } = written();
    sink.destroy();
    writer.signal("ping", 1);
    endTurn();
    expect(sink.writes).toHaveLength(0);
  });
});
