import { configDefaults, defineConfig } from "vitest/config";

/** Tests that stop, kill or cut off processes, or start many; they have a run of their own, in which nothing else takes the machine. */
export const faultTests = [
  "test/{changes,leaf}/*-crash.test.ts",
  "test/cluster/leaf-*.test.ts",
  "test/cluster/restart.test.ts",
  "test/cluster/up-*.test.ts",
  "test/load/bench/scale/run.test.ts",
  "test/load/harness.test.ts",
];

/** Rooms whose tests leave nothing behind: a process of its own for each file would cost them a third of their time. */
const quietTests =
  "test/{client,console,data,deploy,engine,leaf,load,policy,protocol,query,root,simulator,telemetry}/**/*.test.ts";

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "quiet",
          isolate: false,
          include: [quietTests],
          exclude: [...configDefaults.exclude, ...faultTests],
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...faultTests, quietTests],
        },
      },
    ],
  },
});
