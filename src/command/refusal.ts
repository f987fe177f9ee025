import { shellName } from "../flags.ts";
import { asList, asRecord, asText } from "./answers.ts";
import { type Answer, describeProblem } from "./client.ts";
import type { FlagTable } from "./flags.ts";

/** What a command asked: with which of its flags, at which address, and whether it presented a key. */
export type Asking = { flags: FlagTable; url: string; hasKey: boolean };

/**
 * Why a service will not, for whoever typed a command and knows nothing of the request that came of it: a place in its
 * body is the flag that it was made of, and an address or a key that does not fit is said by what to type. What else a
 * service says is left as it is.
 */
export function describeRefusal(answer: Answer, { flags, url, hasKey }: Asking): string {
  const problem = asRecord(answer.body);
  const code = asText(problem.code);
  if (code === undefined)
    return `no Hedgerow service answered at ${url}, but something else, with status ${answer.status}`;
  if (code === "not_found") return `${url} is no root's address, such as http://127.0.0.1:8080, without a path`;
  if (code === "unauthenticated" && !hasKey) {
    return `${code}: a key is needed; --key-file or HEDGEROW_KEY_FILE names a file with its token`;
  }
  const places = asList(problem.errors).map((place) => flagPlace(asRecord(place), flags));
  if (places.length === 0 || places.includes(undefined)) return describeProblem(answer);
  return `${code}: ${places.join("\n  ")}`;
}

/** A place in a request's body by the flag that it was made of; undefined where there is no such flag. */
function flagPlace({ path, detail }: Record<string, unknown>, flags: FlagTable): string | undefined {
  const name = (asText(path) ?? "").split("/")[1] ?? "";
  return Object.hasOwn(flags, name) ? `${shellName(name)}: ${asText(detail) ?? "does not fit"}` : undefined;
}
