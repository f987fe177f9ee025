import { stemmer as dutch } from "@orama/stemmers/dutch";
import { stemmer as french } from "@orama/stemmers/french";
import { stemmer as german } from "@orama/stemmers/german";
import { stemmer as italian } from "@orama/stemmers/italian";
import { stemmer as portuguese } from "@orama/stemmers/portuguese";
import { stemmer as russian } from "@orama/stemmers/russian";
import { stemmer as spanish } from "@orama/stemmers/spanish";
import { stemmer as swedish } from "@orama/stemmers/swedish";
import { stopwords as dutchStops } from "@orama/stopwords/dutch";
import { stopwords as frenchStops } from "@orama/stopwords/french";
import { stopwords as germanStops } from "@orama/stopwords/german";
import { stopwords as italianStops } from "@orama/stopwords/italian";
import { stopwords as portugueseStops } from "@orama/stopwords/portuguese";
import { stopwords as russianStops } from "@orama/stopwords/russian";
import { stopwords as spanishStops } from "@orama/stopwords/spanish";
import { stopwords as swedishStops } from "@orama/stopwords/swedish";
import { stemmer as english } from "stemmer";
import type { Language } from "../protocol/settings.ts";

/**
 * What is particular to a language. Stemmers see folded words, so that a word typed without its accents meets the
 * accented one; `accented` gives back the accents of endings that the stemmer would not know without them.
 */
export type LanguageRules = {
  stem: (word: string) => string;
  stopWords: readonly string[];
  accented: readonly (readonly [folded: string, accented: string])[];
  /** Articles and the like that an apostrophe ties to the next word. */
  elisions: readonly string[];
  /** An ending that is cut before stemming. */
  possessive?: string;
};

/**
 * The function words of English that carry nothing in any query. The longer lists also drop words such as "over",
 * "under", "against" and "not only", which a reverse dictionary is asked about.
 */
const englishStops = (
  "a an and are as at be but by for if in into is it no not of on or such that the their then there these they " +
  "this to was will with"
).split(" ");

const frenchElisions = ["l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"];
const italianElisions = ["l", "d", "c", "un", "all", "dall", "dell", "nell", "sull", "coll", "quell", "quest", "sant"];

const keep = (word: string): string => word;
const plain = { stem: keep, stopWords: [], accented: [], elisions: [] };

const rules: Record<Language, LanguageRules> = {
  en: { ...plain, stem: english, stopWords: englishStops, possessive: "'s" },
  de: { ...plain, stem: german, stopWords: germanStops },
  fr: {
    stem: french,
    stopWords: frenchStops,
    accented: [
      ["ees", "ées"],
      ["ee", "ée"],
    ],
    elisions: frenchElisions,
  },
  es: {
    ...plain,
    stem: spanish,
    stopWords: spanishStops,
    accented: [
      ["cion", "ción"],
      ["sion", "sión"],
    ],
  },
  it: { ...plain, stem: italian, stopWords: italianStops, elisions: italianElisions },
  pt: {
    ...plain,
    stem: portuguese,
    stopWords: portugueseStops,
    accented: [
      ["coes", "ções"],
      ["cao", "ção"],
      ["soes", "sões"],
      ["sao", "são"],
    ],
  },
  nl: { ...plain, stem: dutch, stopWords: dutchStops },
  sv: { ...plain, stem: swedish, stopWords: swedishStops },
  ru: { ...plain, stem: russian, stopWords: russianStops },
  simple: plain,
  cjk: plain,
};

/** The rules of a language. The stemmers are Snowball's; English is Porter's of 1980, from a package that has its `-ion` right. */
export function languageRules(language: Language): LanguageRules {
  return rules[language];
}
