import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantText, parseInstant } from "../src/time.ts";

const dayMs = 86_400_000;
const first = "1890-01-01";
const last = "2110-12-31";
/** Every day between two, by counting. */
const calendar = new Set<string>();
for (let atMs = startOf(first); atMs <= startOf(last); atMs += dayMs) calendar.add(instantText(atMs).slice(0, 10));

const day = fc.tuple(
  fc.integer({ min: 1890, max: 2110 }),
  fc.integer({ min: 0, max: 13 }),
  fc.integer({ min: 0, max: 32 }),
);
const time = fc.constantFrom("", "T00:00:00Z", "T00:00Z", "t00:00:00.000z", "T00:00:00+00:00");
const instantsMs = fc.integer({ min: startOf("0000-01-01"), max: startOf("9999-12-31") + dayMs - 1 });

function startOf(text: string): number {
  return parseInstant(text) ?? Number.NaN;
}

describe("an instant", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(instantsMs, (instantMs) => {
        expect(parseInstant(instantText(instantMs))).toBe(instantMs);
      }),
      { seed: 61, numRuns: 2000 },
    );
  });

  it("is never moved to another day: a day that the calendar lacks is none", () => {
    fc.assert(
      fc.property(day, time, (parts, time) => {
        const text = parts.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, "0")).join("-");
        const instantMs = parseInstant(text + time);
        expect(instantMs === undefined ? "none" : instantText(instantMs).slice(0, 10)).toBe(
          calendar.has(text) ? text : "none",
        );
      }),
      { seed: 62, numRuns: 20_000 },
    );
  });

  it.each([
    "2024-02-30",
    "2023-02-29T10:00:00Z",
    "2024-04-31T00:00:00+02:00",
    "1900-02-29",
    "2024-05-01T24:00:00Z",
    "2024-05-01T10:00:00",
    "2024-05-01T10:00:00+25:00",
    "2024-05-01T10:00:60Z",
    "2024-05-01T23:59:60+01:00",
    "2024-05-01T23:59:61Z",
    "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-00:01",
    "0000-01-01T00:00:00+00:01",
    "2024-05-01 10:00:00Z",
    "2024-5-1",
    "2024-05-01Z",
    "12024-05-01",
    `2024-05-01T10:00:00.${"0".repeat(30)}Z`,
  ])("is not %s", (text) => expect(parseInstant(text)).toBeUndefined());

  it("can be shown as one that is read again, whatever zone it was written in", () => {
    const edges = fc.constantFrom("0000-01-01", "0000-01-02", "9999-12-30", "9999-12-31", "2024-02-29");
    const clock = fc.tuple(fc.nat(23), fc.nat(60), fc.constantFrom("", ":00", ":59", ":60", ":59.9999", ":60.5"));
    const zone = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59));
    const two = (part: number): string => String(part).padStart(2, "0");
    fc.assert(
      fc.property(edges, clock, zone, (date, [hour, minute, second], [sign, zoneHour, zoneMinute]) => {
        const text = `${date}T${two(hour)}:${two(minute)}${second}${sign}${two(zoneHour)}:${two(zoneMinute)}`;
        const instantMs = parseInstant(text);
        if (instantMs !== undefined) expect(parseInstant(instantText(instantMs)), text).toBe(instantMs);
      }),
      { seed: 63, numRuns: 5000 },
    );
  });

  it("in a leap second is the next second", () => {
    expect(parseInstant("2016-12-31T23:59:60Z")).toBe(parseInstant("2017-01-01T00:00:00Z"));
    expect(parseInstant("2016-12-31T15:59:60.25-08:00")).toBe(parseInstant("2017-01-01T00:00:00.25Z"));
    expect(parseInstant("1990-12-31t23:59:60z")).toBe(parseInstant("1991-01-01"));
  });

  it("may be of any zone, and without seconds", () => {
    expect(parseInstant("2024-02-29T01:30+02:00")).toBe(parseInstant("2024-02-28T23:30:00Z"));
    expect(parseInstant("2000-02-29")).toBe(parseInstant("2000-02-29T00:00:00z"));
  });
});
