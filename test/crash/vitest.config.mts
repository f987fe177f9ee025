import { defineConfig } from "vitest/config";

/** Hundreds of kills of real processes: minutes, on a machine that does nothing else, so never beside other tests. */
export default defineConfig({
  test: {
    include: ["test/crash/*.crash.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
