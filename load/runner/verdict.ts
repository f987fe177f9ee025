import type { LiveTarget, Phase } from "../scenario/live-section.ts";
import { isEnough, isMeasure, measured, type PhaseFigures } from "./measures.ts";

/** Figures by variant and phase; a phase that a variant does not have is not there. */
export type FiguresByVariant = ReadonlyMap<string, ReadonlyMap<Phase, PhaseFigures>>;

/** Whether a figure is what its scenario holds to be true. `unknown`: one of the figures it needs was not seen. */
export type LiveVerdict = { target: LiveTarget & { variant: string } } & (
  | { kind: "holds" | "fails"; value: number; atMost: number; atLeast: number }
  | { kind: "unknown"; detail: string }
);

/** Holds every target against what was seen. What cannot be judged does not hold. */
export function judgeLive(
  targets: readonly (LiveTarget & { variant: string })[],
  seen: FiguresByVariant,
): LiveVerdict[] {
  return targets.map((target) => {
    const unit = unitOf(target, seen);
    const value = figureOf(seen, { ...target, variant: target.variant, phase: target.phase });
    if (value === undefined || unit === undefined) {
      return { target, kind: "unknown", detail: "too few queries were measured to tell" };
    }
    const atMost = target.atMost === undefined ? Number.POSITIVE_INFINITY : target.atMost * unit;
    const atLeast = target.atLeast === undefined ? Number.NEGATIVE_INFINITY : target.atLeast * unit;
    return { target, kind: value <= atMost && value >= atLeast ? "holds" : "fails", value, atMost, atLeast };
  });
}

/** What a target's bounds are multiples of. */
function unitOf(target: LiveTarget & { variant: string }, seen: FiguresByVariant): number | undefined {
  if (target.of === undefined && target.ofPhase === undefined) return 1;
  const { measure } = target;
  return figureOf(seen, { measure, variant: target.of ?? target.variant, phase: target.ofPhase ?? target.phase });
}

function figureOf(
  seen: FiguresByVariant,
  { variant, phase, measure }: { variant: string; phase: Phase; measure: string },
): number | undefined {
  const figures = seen.get(variant)?.get(phase);
  if (figures === undefined || !isMeasure(measure) || !isEnough(measure, figures)) return undefined;
  return measured(measure, figures);
}

/** A line for each target: what it says, what came out, and whether it holds. */
export function liveVerdictLines(verdicts: readonly LiveVerdict[]): string {
  return verdicts
    .map((verdict) => {
      const { target } = verdict;
      const what = [target.variant === "all" ? "" : target.variant, phaseText(target.phase), target.measure];
      const name = what.filter((part) => part !== "").join(" ");
      if (verdict.kind === "unknown") return `FAILS  ${name}: ${verdict.detail}`;
      const bounds = [
        Number.isFinite(verdict.atLeast) ? `at least ${short(verdict.atLeast)}` : "",
        Number.isFinite(verdict.atMost) ? `at most ${short(verdict.atMost)}` : "",
      ].filter((part) => part !== "");
      const result = verdict.kind === "holds" ? "holds" : "FAILS";
      return `${result}  ${name}: ${short(verdict.value)}, ${bounds.join(", ")}${besideText(target)}`;
    })
    .join("\n");
}

function phaseText(phase: Phase): string {
  return phase === "all" ? "" : `(${phase})`;
}

function besideText(target: LiveTarget): string {
  const factor = target.atMost ?? target.atLeast ?? 1;
  if (target.of === undefined && target.ofPhase === undefined) return "";
  const beside = [target.of, target.ofPhase].filter((part) => part !== undefined).join(" ");
  return ` (${short(factor)} x ${beside})`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
