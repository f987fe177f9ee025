import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { timeSpent } from "../../../load/profile/call-tree.ts";
import { flameBoxes } from "../../../load/profile/flame-boxes.ts";
import { type LegRecord, processProfiles } from "../../../load/profile/process-profile.ts";
import { flameSvg } from "../../../load/report/flame-svg.ts";
import { profileSection } from "../../../load/report/profile-section.ts";
import { anyProfile, home } from "../profile/sampled.ts";

function count(text: string, part: RegExp): number {
  return [...text.matchAll(part)].length;
}

describe("a drawn flame graph", () => {
  test("has every part once, with all that is told of it, and no name is taken for a tag", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const boxes = flameBoxes(timeSpent([profile], home).tree, 0);
        const svg = flameSvg(boxes, "of <a test>");
        expect(count(svg, /<rect /g)).toBe(boxes.length);
        expect(count(svg, /<title>[^<]*self \d+\.\d %, total \d+\.\d %<\/title>/g)).toBe(boxes.length);
        expect(svg).not.toMatch(/<a|<b>/);
      }),
      { seed: 105 },
    );
  });
});

describe("the profiles in a report's page", () => {
  const leg = { variant: "all", process: "root" };
  const record = (number: number): LegRecord => {
    const [profile] = fc.sample(anyProfile, { numRuns: 1, seed: number });
    return { ...leg, kind: "recorded", leg: number, profile };
  };

  test("are one for each process, over all legs, and name the legs and files", () => {
    const records = [record(1), { ...record(1), process: "leaf-1" }, record(2)];
    const profiles = processProfiles(records);
    expect(profiles.map(({ process, recorded }) => [process, recorded.length])).toEqual([
      ["root", 2],
      ["leaf-1", 1],
    ]);
    const page = profileSection(profiles);
    expect(count(page, /<svg class="flame"/g)).toBe(2);
    for (const file of ["leg-1-root", "leg-2-root", "leg-1-leaf-1"]) expect(page).toContain(`${file}.cpuprofile`);
  });

  test("tell of a process that has none in a leg, and why", () => {
    const missing: LegRecord = { ...leg, kind: "missing", leg: 2, why: "it <ended>" };
    const page = profileSection(processProfiles([record(1), missing]));
    expect(page).toContain("No profile of leg 2: it &lt;ended&gt;.");
    expect(page).toContain('<svg class="flame"');
    const without = profileSection(processProfiles([missing]));
    expect(without).toContain("No profile of leg 2");
    expect(without).not.toContain('<svg class="flame"');
  });

  test("are no part of it where nobody asked for them", () => {
    expect(profileSection([])).toBe("");
  });
});
