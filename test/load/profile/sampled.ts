import fc from "fast-check";
import type { CpuProfile } from "../../../load/profile/cpu-profile.ts";

/** Where the profiles of these tests say that Hedgerow is. */
export const home = "file:///somewhere/hedgerow/";

const frames = [
  ...["search", "merge", "", "a<b>"].map((functionName, i) => frame(functionName, `${home}src/root/search.ts`, i * 10)),
  frame("reply", `${home}node_modules/fastify/lib/reply.js`, 7),
  frame("emit", "node:events", 500),
  frame("(garbage collector)", "", -1),
  frame("(program)", "", -1),
];

function frame(functionName: string, url: string, lineNumber: number) {
  return { functionName, url, lineNumber };
}

/** Profiles of calls in any shape; V8 puts what is idle right below the root. */
export const anyProfile: fc.Arbitrary<CpuProfile> = fc
  .record({
    calls: fc.array(fc.record({ parent: fc.nat(), frame: fc.constantFrom(...frames) }), { maxLength: 40 }),
    samples: fc.array(fc.record({ node: fc.nat(), deltaUs: fc.integer({ min: -200, max: 20_000 }) }), {
      maxLength: 80,
    }),
    lastUs: fc.integer({ min: 20_000, max: 30_000 }),
  })
  .map(({ calls, samples, lastUs }) => {
    const children = new Map<number, number[]>([[1, [2]]]);
    for (const [i, { parent }] of calls.entries()) {
      const id = i + 3;
      // Any that was there before, but the idle one.
      const above = parent % (i + 1) === 0 ? 1 : (parent % (i + 1)) + 2;
      children.set(above, [...(children.get(above) ?? []), id]);
    }
    const own = [frame("(root)", "", -1), frame("(idle)", "", -1), ...calls.map((call) => call.frame)];
    const startTime = 1_000_000;
    const sampledUs = samples.reduce((sum, { deltaUs }) => sum + deltaUs, 0);
    return {
      nodes: own.map((callFrame, i) => ({ id: i + 1, callFrame, children: children.get(i + 1) ?? [] })),
      samples: samples.map(({ node }) => (node % own.length) + 1),
      timeDeltas: samples.map(({ deltaUs }) => deltaUs),
      startTime,
      endTime: startTime + Math.max(0, sampledUs) + lastUs,
    };
  });
