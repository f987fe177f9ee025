import type { SQLOutputValue } from "node:sqlite";

export type Row = Record<string, SQLOutputValue>;

/** A column that the schema says is a number. */
export function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number") return value;
  throw new TypeError(`the column ${column} holds ${typeof value}, not a number`);
}

/** A column that the schema says is text. */
export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw new TypeError(`the column ${column} holds ${typeof value}, not text`);
}

/** A column that holds bytes, or nothing. */
export function bytesIn(row: Row, column: string): Uint8Array | undefined {
  const value = row[column];
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`the column ${column} holds ${typeof value}, not bytes`);
}
