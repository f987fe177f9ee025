import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HedgerowError } from "../errors.ts";
import type { RequestTrace } from "../protocol/trace-context.ts";

declare module "fastify" {
  interface FastifyRequest {
    traceId: string;
    trace: RequestTrace;
    startMs: number;
    /** The pattern of its route; undefined where there is none. Fastify makes a list of all its options for who asks. */
    route: string | undefined;
    /** What its caller was told when it was given up; whatever comes of it afterwards is told nobody. */
    givenUp: HedgerowError | undefined;
  }
}

/** An HTTP server as its routes see it. */
export type App = FastifyInstance;
export type Request = FastifyRequest;
export type Reply = FastifyReply;
