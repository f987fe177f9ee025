import type { Need } from "../security/access.ts";

const nothing: Need = { kind: "nothing" };
const search: Need = { kind: "scope", scope: "search", on: "index" };
const write: Need = { kind: "scope", scope: "write", on: "index" };
const admin: Need = { kind: "scope", scope: "admin", on: "index" };
const everything: Need = { kind: "scope", scope: "admin", on: "all" };
const metrics: Need = { kind: "scope", scope: "metrics", on: "none" };

/**
 * What each route needs, by its method and pattern. Health is open, so that balancers need no key; so are the pages,
 * which hold nothing and ask with the reader's own key. Metrics and the cluster name every index: they take a scope.
 */
export const routeNeeds: Readonly<Record<string, Need>> = {
  "GET /": nothing,
  "GET /livez": nothing,
  "GET /readyz": nothing,
  "GET /docs": nothing,
  "GET /openapi.json": nothing,
  "GET /assets/*": nothing,
  "GET /metrics": metrics,
  "GET /v1/cluster": metrics,
  "POST /v1/members": { kind: "scope", scope: "join", on: "none" },
  "DELETE /v1/members/:name": { kind: "scope", scope: "join", on: "none" },
  "GET /v1/indexes": { kind: "scope", scope: "search", on: "none" },
  "GET /v1/indexes/:index": search,
  "PUT /v1/indexes/:index": admin,
  "DELETE /v1/indexes/:index": admin,
  "POST /v1/aliases": { kind: "scope", scope: "admin", on: "none" },
  "GET /v1/indexes/:index/search": search,
  "POST /v1/indexes/:index/search": search,
  "POST /v1/indexes/:index/documents": write,
  "GET /v1/indexes/:index/documents/:id": search,
  "PUT /v1/indexes/:index/documents/:id": write,
  "DELETE /v1/indexes/:index/documents/:id": write,
  "GET /v1/backup": everything,
  "POST /v1/restore": everything,
};

/** What a request needs. A route that the table does not have takes the most; an address without a route is a 404. */
export function needOf(method: string, route: string | undefined): Need {
  if (route === undefined) return nothing;
  const key = `${method === "HEAD" ? "GET" : method} ${route}`;
  return Object.hasOwn(routeNeeds, key) ? (routeNeeds[key] ?? everything) : everything;
}
