/** The years of a life as numbers; years before the common era are negative (384 BC is -384). */
export type LifeYears = { year_from?: number; year_to?: number };

const about = "(?:circa |ca?\\.? )?";
const year = (name: string): string => `(?<${name}Before>AD )?(?<${name}>\\d{1,4})\\??(?: (?<${name}After>BC|AD))?`;

const span = new RegExp(
  `^${about}(?:${year("from")}|\\?)(?<dash> ?- ?| to )(?:${year("to")}|\\?)?\\??(?<era> BC| AD)?$`,
);
const birth = new RegExp(`^born (?:in (?:[A-Za-z][A-Za-z ]* in )?)?(?:about |around |circa )?${year("from")}$`);
const death = new RegExp(`^died (?:in |about |around |circa )?${year("to")}$`);

/** Longer ones are reigns, dynasties or slips of the pen. */
const lifespanYearsMax = 120;

/**
 * The years of birth and death that a person's gloss has in parentheses, such as `(1879-1955)`, `(born in 1933)`,
 * `(384-322 BC)` or `(43 BC to AD 17)`. Other parentheses with years (a reign, a century, a year alone) give nothing,
 * and neither do years that cannot be a life's.
 */
export function readLifeYears(gloss: string): LifeYears {
  for (const [, text = ""] of gloss.matchAll(/\(([^()]*\d[^()]*)\)/g)) {
    const years = readSpan(text) ?? readOneEnd(text);
    if (years !== undefined) return years;
  }
  return {};
}

function readOneEnd(text: string): LifeYears | undefined {
  const born = yearOf(birth.exec(text)?.groups, "from");
  if (born !== undefined) return { year_from: born };
  const died = yearOf(death.exec(text)?.groups, "to");
  return died === undefined ? undefined : { year_to: died };
}

function readSpan(text: string): LifeYears | undefined {
  const groups = span.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const to = yearOf(groups, "to");
  const hasOwnEra = groups.fromBefore !== undefined || groups.fromAfter !== undefined;
  if (groups.dash === " to " && !hasOwnEra) return undefined;
  const isBeforeToo = to !== undefined && to < 0 && !hasOwnEra;
  const from = yearOf(groups, "from");
  return checked(from !== undefined && isBeforeToo ? -from : from, to);
}

function checked(from: number | undefined, to: number | undefined): LifeYears | undefined {
  if (from === undefined) return to === undefined ? undefined : { year_to: to };
  // An open end is written for the living only; a small number before a dash is no year of birth.
  if (to === undefined) return from >= 1000 ? { year_from: from } : undefined;
  return to >= from && to - from <= lifespanYearsMax ? { year_from: from, year_to: to } : undefined;
}

function yearOf(groups: Readonly<Record<string, string | undefined>> | undefined, name: string): number | undefined {
  const digits = groups?.[name];
  if (digits === undefined) return undefined;
  const isBefore = groups?.[`${name}After`] === "BC" || (name === "to" && groups?.era === " BC");
  return isBefore ? -Number(digits) : Number(digits);
}
