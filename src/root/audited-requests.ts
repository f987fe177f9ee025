import type { Access, Need } from "../security/access.ts";
import { type Aim, type Audit, isRefusal } from "../security/audit.ts";
import type { Request } from "./app.ts";
import { needOf } from "./needs.ts";
import type { EndedRequest } from "./request-ends.ts";

const nameLengthMax = 512;
/** More than a request may set. */
const aliasesMax = 100;

/** Notes requests that are over in the audit log, as far as they belong there. */
export function auditRequests(audit: Audit, access: Access | undefined): (ended: EndedRequest) => void {
  return ({ request, reply: { statusCode: status }, cut }) => {
    const { method, route, traceId } = request;
    if (!isAudited(needOf(method, route), method, status)) return;
    audit.note({
      traceId,
      // Of who was not let in it is said whose key was sent.
      key: request.grant?.name ?? access?.nameOf(request.headers.authorization),
      from: request.socket.remoteAddress,
      method,
      route: route ?? "none",
      ...aimOf(request),
      status,
      ...(cut === undefined ? {} : { cut }),
    });
  };
}

/**
 * Writes, admin calls and refusals. A search that comes too often is none of them, or little else would be told of. Nor is a
 * leaf's word that it is still there, which comes every few seconds.
 */
function isAudited(need: Need, method: string, status: number): boolean {
  if (isRefusal(status)) return true;
  if (need.kind === "nothing" || need.scope === "search" || need.scope === "metrics") return false;
  return need.scope !== "join" || method !== "POST" || status >= 400;
}

/** What a request is about, by the names in its address and, where those say nothing, in its body. */
function aimOf({ params, body, route }: Request): Aim {
  const aliases = route === "/v1/aliases" ? aliasesIn(body) : undefined;
  const aims = {
    index: named(params, "index"),
    id: named(params, "id"),
    leaf: route?.startsWith("/v1/members") === true ? (named(params, "name") ?? named(body, "name")) : undefined,
    aliases,
  };
  return Object.fromEntries(Object.entries(aims).filter(([, aim]) => aim !== undefined));
}

/** Where aliases were to point, as far as the request names them as it should. */
function aliasesIn(body: unknown): Aim["aliases"] {
  const set = propertyOf(body, "set");
  if (typeof set !== "object" || set === null) return undefined;
  const told = Object.entries(set).filter(([, index]) => index === null || typeof index === "string");
  return Object.fromEntries(
    told.slice(0, aliasesMax).map(([alias, index]) => [shortened(alias), index && shortened(index)]),
  );
}

/** A name in a request's address; callers may make them as long as an address can be. */
export function named(params: unknown, name: "index" | "id" | "name"): string | undefined {
  const value = propertyOf(params, name);
  return typeof value === "string" ? shortened(value) : undefined;
}

function propertyOf(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Object.getOwnPropertyDescriptor(of, name)?.value : undefined;
}

function shortened(name: string): string {
  return name.slice(0, nameLengthMax);
}
