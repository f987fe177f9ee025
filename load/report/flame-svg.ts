import { escapeHtml } from "../../src/protocol/escape-html.ts";
import type { FlameBox } from "../profile/flame-boxes.ts";

const rowPx = 18;
/** Of the whole width; there is no room for a name in what is narrower. */
const namedMin = 0.03;

/**
 * A flame graph as an SVG element that fills the width it is given. Each part is an SVG of its own, which cuts its name
 * off where it ends and tells all of itself as a title; its place and width are percentages, for the page's script to
 * change.
 */
export function flameSvg(boxes: readonly FlameBox[], label: string): string {
  const rows = boxes.reduce((most, { depth }) => Math.max(most, depth + 1), 0);
  const parts = boxes.map(({ called, depth, from, width, self }) => {
    const { name, place, origin } = called;
    const told = [name, place, `self ${percent(self)}, total ${percent(width)}`].filter((line) => line !== "");
    const frame = `x="${coordinate(from)}" y="${depth * rowPx}" width="${coordinate(width)}" height="${rowPx - 1}"`;
    return `<svg class="${origin}${width < namedMin ? " narrow" : ""}" ${frame}><title>${escapeHtml(told.join("\n"))}</title><rect width="100%" height="100%"/><text x="4" y="13">${escapeHtml(name)}</text></svg>`;
  });
  return `<svg class="flame" role="img" aria-label="${escapeHtml(label)}" width="100%" height="${rows * rowPx}">${parts.join("")}</svg>`;
}

/** A share for people. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function coordinate(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}
