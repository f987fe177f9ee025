/** Where a piece of work stands in its trace, as W3C Trace Context names it: hexadecimal, not all zero. */
export type TraceContext = {
  traceId: string;
  /** Of the work itself. */
  spanId: string;
  /** Of the caller's; undefined where the trace begins here. */
  parentSpanId: string | undefined;
  /** The caller keeps this trace and wants the rest of it. */
  sampled: boolean;
};

/** A span that is over, with those below it. Instants are by this process's monotonic clock. */
export type SpanRecord = {
  name: string;
  kind: "server" | "client" | "internal";
  startMs: number;
  endMs: number;
  attributes: Readonly<Record<string, string | number | boolean>>;
  /** What went wrong, where something did. */
  error?: string;
  /** Spans that name the same batch travelled in one write, and are linked. */
  batch?: string;
  children: readonly SpanRecord[];
};

/** Takes traces that are kept. */
export type SpanSink = {
  /** Never throws and never waits. */
  take(trace: TraceContext, root: SpanRecord): void;
  /** Sends what is left. */
  close(): Promise<void>;
};
