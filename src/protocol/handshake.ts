import { linkProtocol, linkVersion } from "./link.ts";

/** Where a leaf takes links: an HTTP `Upgrade` to `linkProtocol` at this path. */
export const linkPath = "/v1/link";

/** The headers of the handshake, in the case that node gives them in. */
export const linkHeaders = {
  version: "hedgerow-link-version",
  leaf: "hedgerow-leaf",
  zone: "hedgerow-zone",
  boot: "hedgerow-boot",
} as const;

/** Who answers at the other end. `bootId` differs after every start, so that nothing is expected of a former life. */
export type LeafIdentity = { name: string; zone?: string; bootId: string };

type Headers = Record<string, string | string[] | undefined>;

/** Whether an upgrade request is one for this link, of whatever version. */
export function asksForLink(headers: Headers): boolean {
  return headers.upgrade?.toString().toLowerCase() === linkProtocol;
}

/** Undefined when the versions agree, else what to tell the other side. */
export function versionMismatch(headers: Headers): string | undefined {
  const theirs = headers[linkHeaders.version];
  if (theirs === String(linkVersion)) return undefined;
  const named = theirs === undefined ? "no version" : `version ${JSON.stringify(theirs).slice(0, 40)}`;
  return `this end speaks ${linkProtocol} version ${linkVersion}, the other end speaks ${named}: run the same release on both`;
}

/** The headers by which a leaf says who it is. Names may hold any character. */
export function identityHeaders(identity: LeafIdentity): Record<string, string> {
  return {
    [linkHeaders.version]: String(linkVersion),
    [linkHeaders.leaf]: encodeURIComponent(identity.name),
    [linkHeaders.boot]: encodeURIComponent(identity.bootId),
    ...(identity.zone === undefined ? {} : { [linkHeaders.zone]: encodeURIComponent(identity.zone) }),
  };
}

/** Reads what `identityHeaders` wrote; undefined when it is not that. */
export function readIdentity(headers: Headers): LeafIdentity | undefined {
  const name = decoded(headers[linkHeaders.leaf]);
  const bootId = decoded(headers[linkHeaders.boot]);
  const zone = decoded(headers[linkHeaders.zone]);
  if (name === undefined || bootId === undefined) return undefined;
  return zone === undefined ? { name, bootId } : { name, bootId, zone };
}

function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return undefined;
  }
}
