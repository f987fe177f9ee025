import { errorCodeOf } from "../errors.ts";
import { asList, asRecord, asText } from "./answers.ts";

/** What the service answered; `body` is the parsed JSON, or the text where it was none. */
export type Answer = { status: number; retryAfterS: number | undefined; body: unknown };

export type Request = {
  method?: "GET" | "PUT" | "POST" | "DELETE";
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as newline-delimited JSON. */
  lines?: Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
  /** Gives the request up; it then rejects with the signal's reason. */
  signal?: AbortSignal;
};

/** Talks to one service. Rejects with a `ServiceUnreachable` when no answer comes, never because of a status. */
export type Client = {
  readonly url: string;
  readonly headers?: Headers;
  request(path: string, request?: Request): Promise<Answer>;
};

/** What every request carries, and what it is about. */
type Headers = Readonly<Record<string, string>>;

/** Nothing answered at that address, or the connection broke. */
export class ServiceUnreachable extends Error {
  override readonly name = "ServiceUnreachable";
}

/** The service answered that it will not; `answer.body` is its problem document. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(describeProblem(answer));
    this.answer = answer;
  }
}

/** Whether there can be a service at `url`. */
export function isServiceUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** A client of the service at `url`, which presents a key's token where it has one. */
export function createClient(url: string, token?: string): Client {
  const authorization: Headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const base = url.endsWith("/") ? url.slice(0, -1) : url;
  return {
    url: base,
    headers: authorization,
    async request(path, { method = "GET", json, lines, headers, signal } = {}) {
      const type = lines === undefined ? "application/json" : "application/x-ndjson";
      const body = lines ?? (json === undefined ? undefined : JSON.stringify(json));
      try {
        const response = await fetch(`${base}${path}`, {
          method,
          ...(body === undefined ? {} : { body }),
          headers: { ...authorization, ...(body === undefined ? {} : { "content-type": type }), ...headers },
          ...(signal === undefined ? {} : { signal }),
        });
        const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
        return {
          status: response.status,
          retryAfterS: Number.isFinite(retryAfter) ? retryAfter : undefined,
          body: parsed(await response.text()),
        };
      } catch (error) {
        signal?.throwIfAborted();
        throw new ServiceUnreachable(`no answer from ${base}: ${reasonOf(error)}`);
      }
    },
  };
}

/**
 * The answer where it is a success; throws a `RequestRefused` otherwise, and a `ServiceUnreachable` for a success that no
 * service of ours tells: a page, such as a proxy or another program sends for any address.
 */
export function accepted(answer: Answer): Answer {
  if (answer.status < 200 || answer.status >= 300) throw new RequestRefused(answer);
  if (typeof answer.body !== "string" || answer.body === "") return answer;
  throw new ServiceUnreachable("what answered there is no Hedgerow service");
}

/** A problem document in a line for people, and a further one for each place that does not fit. */
export function describeProblem({ status, body }: Answer): string {
  const problem = asRecord(body);
  const code = asText(problem.code) ?? `status ${status}`;
  const detail = asText(problem.detail) ?? asText(problem.title) ?? "the service gave no reason";
  const places = asList(problem.errors)
    .map(asRecord)
    .map((place) => `\n  ${asText(place.path) ?? ""}: ${asText(place.detail) ?? ""}`);
  return `${code}: ${detail}${places.length > 1 ? places.join("") : ""}`;
}

const untrusted = "its certificate's authority is not known here; NODE_EXTRA_CA_CERTS=FILE makes it known";

/** By the runtime's code, or its words where it has none, where those say little. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "no host of that name is known",
  ECONNREFUSED: "nothing listens there (hedgerow up starts a cluster)",
  "bad port": "programs for the web ask nothing at that port; --port gives the service another",
  ERR_SSL_WRONG_VERSION_NUMBER: "what listens there takes no TLS; its address begins with http:",
  UND_ERR_SOCKET: "it hung up before it answered; if it takes TLS alone, its address begins with https:",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Of what was thrown, that there was no answer, as a result; throws whatever else it is. */
export function unreachable(error: unknown): ServiceUnreachable {
  if (error instanceof ServiceUnreachable) return error;
  throw error;
}

/** What went wrong with a fetch: Node says only "fetch failed"; what happened is the cause, which may hold one error per address tried. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  if (!(cause instanceof Error)) return error.message;
  return reasons[String(errorCodeOf(cause) ?? cause.message)] ?? cause.message;
}
