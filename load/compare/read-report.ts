import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { asList, asNumber, asRecord, asText } from "../../src/command/answers.ts";
import { messageOf } from "../../src/errors.ts";
import type { Buckets, ReportSecond } from "../report/report.ts";

/** What is compared of a report. */
export type ReadReport = { scenario: string; startedAt: string; variants: Map<string, ReportSecond[]> };

/** A report that cannot be read; the message says which and why. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

/** Reads a report: its file, or the directory that it is in. Throws a ReportError. */
export function readReport(path: string): ReadReport {
  const report = asRecord(parsed(path));
  if (report.version !== 1) throw new ReportError(`${path} is no report of version 1`);
  const variants = Object.entries(asRecord(report.variants)).map(([name, variant]) => {
    return [name, asList(asRecord(variant).seconds).map((second) => readSecond(second, path))] as const;
  });
  if (variants.length === 0) throw new ReportError(`${path} holds no variants`);
  return {
    scenario: asText(report.scenario) ?? "",
    startedAt: asText(report.startedAt) ?? "",
    variants: new Map(variants),
  };
}

function parsed(path: string): unknown {
  try {
    const file = statSync(path).isDirectory() ? join(path, "report.json") : path;
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ReportError(`${path}: ${messageOf(error)}`);
  }
}

function readSecond(value: unknown, path: string): ReportSecond {
  const second = asRecord(value);
  const number = (key: string): number => {
    const found = asNumber(second[key]);
    if (found === undefined) throw new ReportError(`${path} has a second without ${key}`);
    return found;
  };
  const latency: Buckets = asList(second.latency).map((bucket) => {
    const [middleMs, count] = asList(bucket).map(asNumber);
    if (middleMs === undefined || count === undefined) throw new ReportError(`${path} has a bucket that is none`);
    return [middleMs, count];
  });
  return {
    atMs: number("atMs"),
    phase: asText(second.phase) ?? "",
    queries: number("queries"),
    answered: number("answered"),
    failed: number("failed"),
    shed: number("shed"),
    coverage: number("coverage"),
    first: number("first"),
    hedges: number("hedges"),
    retries: number("retries"),
    latency,
  };
}
