/** One of the things that an `Accept` header or one like it names, in small letters, and how well it is liked, from 0 to 1. */
export type Accepted = { name: string; quality: number };

/** What a header such as `Accept` or `Accept-Encoding` names (RFC 9110, section 12.4.2). A weight that is none is 0. */
export function readAccepted(header: string | undefined): Accepted[] {
  return (header ?? "").split(",").map(readOne);
}

function readOne(text: string): Accepted {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice("q=".length));
  return { name, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** How well a name is liked, `undefined` where it is not named; of one that is named several times the best counts. */
export function qualityOf(accepted: readonly Accepted[], name: string): number | undefined {
  const qualities = accepted.filter((one) => one.name === name).map(({ quality }) => quality);
  return qualities.length === 0 ? undefined : Math.max(...qualities);
}
