import type { Facet } from "./answers.ts";
import { make } from "./dom.ts";
import { countText } from "./figures.ts";

/** What is chosen of each field; fields with nothing chosen are not there. */
export type Choices = Map<string, Set<string>>;

/** The counts of an answer's facets as boxes to tick. A value that is chosen stays, even where it counts nothing. */
export function facetGroups(
  facets: Readonly<Record<string, Facet>>,
  choices: Choices,
  onChoice: (field: string, value: string) => void,
): HTMLElement[] {
  return Object.entries(facets).flatMap(([field, facet]) => {
    const counts = new Map(facet.buckets.map(({ value, count }) => [String(value), count]));
    for (const value of choices.get(field) ?? []) if (!counts.has(value)) counts.set(value, 0);
    if (counts.size === 0) return [];
    const boxes = [...counts].map(([value, count]) => {
      const id = `facet-${field}-${value}`;
      const box = make("input", { type: "checkbox", id, checked: choices.get(field)?.has(value) === true });
      box.addEventListener("change", () => onChoice(field, value));
      const shown = `${facet.exact ? "" : "about "}${countText(count)}`;
      return make("li", {}, [box, make("label", { for: id }, [value, " ", make("span", { class: "count" }, [shown])])]);
    });
    return [make("fieldset", {}, [make("legend", {}, [field]), make("ul", {}, boxes)])];
  });
}

/** Ticks a value or takes the tick away. */
export function toggleChoice(choices: Choices, field: string, value: string): void {
  const values = choices.get(field) ?? new Set();
  if (!values.delete(value)) values.add(value);
  if (values.size === 0) choices.delete(field);
  else choices.set(field, values);
}

/** The choices as a search's filter: any of a field's values, and all of the fields. */
export function filterOf(choices: Choices): Record<string, string[]> {
  return Object.fromEntries([...choices].map(([field, values]) => [field, [...values]]));
}
