import { systemTimers } from "../../time.ts";
import type { Problem } from "./answers.ts";
import { keptText } from "./kept-text.ts";

const kept = keptText(() => sessionStorage, "hedgerow-key");

/** The root refused, or could not be reached. */
export class ApiFailure extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }

  /** Whether another key may help. */
  get needsKey(): boolean {
    return this.problem.status === 401 || this.problem.status === 403;
  }
}

/** Keeps a key for this tab alone, until it is closed. */
export function keepKey(key: string): void {
  kept.write(key);
}

/** How long a root may take that has no budget to keep, and beyond a budget. */
const patienceMs = 5_000;

/**
 * Asks the root that served the page: GET, or POST where there is a body. Throws an `ApiFailure` for everything that
 * is not an answer, a root's silence included, and the abort's own error when the signal fires. `budgetMs`: what the
 * root itself may take.
 */
export async function ask<Answer>(
  path: string,
  options: { body?: object; signal?: AbortSignal; budgetMs?: number } = {},
): Promise<Answer> {
  const headers: Record<string, string> = { accept: "application/json" };
  const key = kept.read();
  if (key !== null) headers.authorization = `Bearer ${key}`;
  const silence = new AbortController();
  const limit = systemTimers.after(patienceMs + (options.budgetMs ?? 0), () => silence.abort());
  const signals = options.signal === undefined ? [silence.signal] : [options.signal, silence.signal];
  const request: RequestInit = { headers, signal: AbortSignal.any(signals) };
  if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    Object.assign(request, { method: "POST", body: JSON.stringify(options.body) });
  }
  try {
    const response = await fetch(path, request);
    if (response.ok) return await response.json();
    throw new ApiFailure(await problemOf(response));
  } catch (error) {
    if (error instanceof ApiFailure || options.signal?.aborted === true) throw error;
    throw new ApiFailure({
      title: "No connection",
      status: 0,
      code: "unreachable",
      detail: "the root does not answer",
    });
  } finally {
    limit.cancel();
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const fallback = { title: `${status} ${statusText}`, status, code: "unknown", detail: "the root gave no reason" };
  if (!(response.headers.get("content-type") ?? "").includes("problem+json")) return fallback;
  const problem: Problem = await response.json();
  return { ...fallback, ...problem };
}
