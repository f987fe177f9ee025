/**
 * WordNet's lexicographer files by number, without the part of speech before the dot: `noun.artifact` is `artifact`,
 * told from `verb.*` by the document's `pos`. Adjectives and adverbs are hardly sorted, hence `all`.
 */
const categories = [
  ..."all pert all".split(" "),
  ..."Tops act animal artifact attribute body cognition communication event feeling food group location".split(" "),
  ..."motive object person phenomenon plant possession process quantity relation shape state substance time".split(" "),
  ..."body change cognition communication competition consumption contact creation emotion motion".split(" "),
  ..."perception possession social stative weather ppl".split(" "),
] as const;

export const personCategory = 18;

/** The category of a lexicographer file. Throws a RangeError for a number that WordNet does not have. */
export function categoryOf(lexicographerFile: number): string {
  const category = categories[lexicographerFile];
  if (category === undefined) throw new RangeError(`there is no lexicographer file ${lexicographerFile}`);
  return category;
}
