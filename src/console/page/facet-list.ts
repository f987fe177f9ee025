import type { Facet } from "./answers.ts";
import type { Choices } from "./choices.ts";
import { make } from "./dom.ts";
import { countText } from "./figures.ts";

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
