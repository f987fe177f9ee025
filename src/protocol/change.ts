/** A document on its way in: its id and its source, a JSON object as UTF-8 bytes, `id` included. */
export type Put = { kind: "put"; id: string; source: Uint8Array };
export type Delete = { kind: "delete"; id: string };

/**
 * One entry of the change log, as leaves consume it. A document's version is the sequence of the change that wrote it.
 * Sequences grow over the whole log; a shard sees a subset of them, in order.
 */
export type Change = (Put | Delete) & { sequence: number };

/** How long an `Idempotency-Key` may be. */
export const idempotencyKeyLengthMax = 256;
