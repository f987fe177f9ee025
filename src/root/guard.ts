import { HedgerowError } from "../errors.ts";
import { type Access, fullGrant, type Grant } from "../security/access.ts";
import type { Audit } from "../security/audit.ts";
import { foreignNameProblem } from "../security/exposure.ts";
import type { App } from "./app.ts";
import { named } from "./audited-requests.ts";
import { needOf } from "./needs.ts";

declare module "fastify" {
  interface FastifyRequest {
    grant: Grant;
  }
}

export type Guard = {
  /** The keys; without them everybody may do everything. */
  access?: Access;
  audit?: Audit;
  /** Answers only requests to this machine's own names, so that no page from elsewhere can reach it by DNS. */
  ownNamesOnly?: boolean;
  /** Tells browsers never to come without TLS again. */
  strictTransport?: boolean;
};

/** For answers that are data. The console's pages set their own policy over it. */
const securityHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const livenessRoute = "/livez";
const strictTransport = { "strict-transport-security": "max-age=31536000" };

/** What browsers are told of every answer that is data. */
export function browserHeaders({ strictTransport: isStrict }: Guard): Record<string, string> {
  return { ...securityHeaders, ...(isStrict === true ? strictTransport : {}) };
}

/** Stands before every route: who may come in, and what browsers are told of every answer. */
export function guardRoutes(app: App, { access, ...guard }: Guard): void {
  const headers = browserHeaders(guard);
  app.decorateRequest("grant");
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(headers);
    request.grant = fullGrant;
    if (request.headers.host === undefined && request.raw.httpVersion === "1.1") {
      throw new HedgerowError("invalid_request", "the request has no Host header, which HTTP/1.1 asks for");
    }
    // A probe may name nobody, and learns nothing but that the process runs.
    const isProbe = request.route === livenessRoute;
    if (guard.ownNamesOnly === true && !isProbe) {
      const problem = foreignNameProblem(request.headers.host, "keys");
      if (problem !== undefined) throw new HedgerowError("forbidden", problem);
    }
    if (access !== undefined) {
      const need = needOf(request.method, request.route);
      request.grant = access.admit(request.headers.authorization, need, named(request.params, "index"));
    }
    done();
  });
}
