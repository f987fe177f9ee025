import type { Hit, IndexField } from "./answers.ts";
import { make } from "./dom.ts";
import { type HitView, hitView } from "./hit-view.ts";
import type { Stretch } from "./marks.ts";

/** The hits as items of a list. */
export function hitItems(hits: readonly Hit[], fields: Readonly<Record<string, IndexField>>): HTMLElement[] {
  return hits.map((hit) => hitItem(hitView(hit, fields)));
}

function hitItem({ id, score, isSettled, heading, lines, tags }: HitView): HTMLElement {
  return make("li", { class: "hit", "data-id": id }, [
    make("div", { class: "hit-head" }, [
      make("h2", { dir: "auto" }, marked(heading)),
      make("span", { class: "faint figure", title: "score" }, [make("span", { class: "unseen" }, ["score "]), score]),
    ]),
    ...lines.map(({ field, stretches }) =>
      make("p", { class: "hit-line" }, [
        make("span", { class: "field-name" }, [field]),
        " ",
        make("bdi", {}, marked(stretches)),
      ]),
    ),
    make("ul", { class: "tags", "aria-label": "Fields" }, [
      ...tags.map(({ field, value }) => make("li", { title: field }, [value])),
      ...(isSettled ? [] : [make("li", { class: "tag-unsettled" }, ["not settled"])]),
      make("li", { class: "tag-id" }, [id]),
    ]),
  ]);
}

function marked(stretches: readonly Stretch[]): (Node | string)[] {
  return stretches.map(({ text, isMarked }) => (isMarked ? make("mark", {}, [text]) : text));
}
