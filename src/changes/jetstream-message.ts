import { headers, type MsgHdrs } from "@nats-io/nats-core";
import type { Change } from "../protocol/change.ts";
import { changeAddress } from "./jetstream-names.ts";

const kindHeader = "Hedgerow-Kind";
const requestHeader = "Hedgerow-Request";
const foundHeader = "Hedgerow-Found";

/**
 * Which write a message is: the request that it came in and its place there. Whoever is unsure whether a write was
 * made finds it again by this.
 */
export type WriteMark = { request: string; place: number };

/** What a message says of its write. */
export type ChangeHead = { kind: "put" | "delete"; found: boolean; mark: WriteMark | undefined };

export function headersOf({ kind, found, mark }: ChangeHead): MsgHdrs {
  const own = headers();
  if (kind === "delete") own.set(kindHeader, kind);
  if (found) own.set(foundHeader, "1");
  if (mark !== undefined) own.set(requestHeader, `${mark.request}/${mark.place}`);
  return own;
}

export function changeHead(own: MsgHdrs | undefined): ChangeHead {
  const [request, place] = (own?.get(requestHeader) ?? "").split("/");
  return {
    kind: own?.get(kindHeader) === "delete" ? "delete" : "put",
    found: own?.get(foundHeader) === "1",
    mark: request === undefined || place === undefined ? undefined : { request, place: Number(place) },
  };
}

/** A message of the change stream as followers consume it; `undefined` when it is of no document. */
export function changeOf(message: {
  subject: string;
  sequence: number;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
}): Change | undefined {
  const { subject, sequence, data: source } = message;
  const address = changeAddress(subject);
  if (address === undefined) return undefined;
  const { kind } = changeHead(message.headers);
  return kind === "put" ? { kind, id: address.id, sequence, source } : { kind, id: address.id, sequence };
}
