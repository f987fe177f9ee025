/** A flag of a benchmark that does not fit; the message says which, and what would. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}
