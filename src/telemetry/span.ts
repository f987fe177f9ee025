import type { TraceContext } from "../protocol/trace-context.ts";

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
