import { fileURLToPath } from "node:url";
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

export default defineConfig({
  test: {
    setupFiles: [fileURLToPath(new URL("test/support/property-sizes.ts", import.meta.url))],
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...faultTests],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is polled for comes when the machine gets to it; the default is a second.
    expect: { poll: { timeout: 60_000, interval: 10 } },
    // The programs and threads that tests start, many times the same, take their types off and compile once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/code", import.meta.url)) },
    maxWorkers: 2,
    // A process of its own for each file would take a fifth of the time. So a test undoes what it changes of its process.
    isolate: false,
  },
});
