/** Sequences are given out as they are written in decimal. */
const form = /^(0|[1-9][0-9]*)$/;

/** The sequence that a text names, as tokens and versions do; undefined where no write can have given it out. */
export function writtenSequence(text: string): number | undefined {
  const sequence = form.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}
