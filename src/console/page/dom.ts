type Attributes = Readonly<Record<string, string | number | boolean>>;
type Children = readonly (Node | string)[];

/** The element of the page with an id, of the kind that the page promises. Throws where the page and the code differ. */
export function find<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} called ${id}`);
}

/** A new element. An attribute that is `false` is left out; one that is `true` is there without a value. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  children: Children = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Fills a place anew. Who had come to something in it by keyboard is put on what has its id now. */
export function refill(place: Element, children: Children): void {
  const { activeElement } = document;
  const id = place.contains(activeElement) ? activeElement?.id : undefined;
  place.replaceChildren(...children);
  if (id !== undefined) document.getElementById(id)?.focus({ preventScroll: true });
}

/** Puts an element from one share of its parent's width to another; both from 0 to 1. */
export function span(element: HTMLElement, from: number, to: number): void {
  element.style.left = `${(from * 100).toFixed(3)}%`;
  element.style.width = `${(Math.max(0, to - from) * 100).toFixed(3)}%`;
}
