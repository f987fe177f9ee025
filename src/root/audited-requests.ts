import type { Access, Need } from "../security/access.ts";
import type { Audit } from "../security/audit.ts";
import { needOf } from "./needs.ts";
import type { EndedRequest } from "./request-ends.ts";

/** Notes requests that are over in the audit log, as far as they belong there. */
export function auditRequests(audit: Audit, access: Access | undefined): (ended: EndedRequest) => void {
  return ({ request, reply: { statusCode: status }, cut }) => {
    const { method, route, traceId } = request;
    if (!isAudited(needOf(method, route), method, status)) return;
    const [index, id] = [named(request.params, "index"), named(request.params, "id")];
    audit.note({
      traceId,
      key: isRefusal(status) ? access?.nameOf(request.headers.authorization) : request.grant?.name,
      from: request.socket.remoteAddress,
      method,
      route: route ?? "none",
      ...(index === undefined ? {} : { index }),
      ...(id === undefined ? {} : { id }),
      status,
      ...(cut === undefined ? {} : { cut }),
    });
  };
}

/** Writes, admin calls and refusals. A leaf's word that it is still there comes every few seconds and is none. */
function isAudited(need: Need, method: string, status: number): boolean {
  if (isRefusal(status)) return true;
  if (need.kind === "nothing" || need.scope === "search" || need.scope === "metrics") return false;
  return need.scope !== "join" || method !== "POST" || status >= 400;
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

/** A name in a request's address; callers may make them as long as an address can be. */
export function named(params: unknown, name: "index" | "id"): string | undefined {
  if (typeof params !== "object" || params === null || !(name in params)) return undefined;
  const value = Object.getOwnPropertyDescriptor(params, name)?.value;
  return typeof value === "string" ? value.slice(0, 512) : undefined;
}
