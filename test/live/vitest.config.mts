import { defineConfig } from "vitest/config";

/** Times of real processes: they need a quiet machine, so they run by themselves and not beside the other tests. */
export default defineConfig({
  test: {
    include: ["test/live/*.live.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
