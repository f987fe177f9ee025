import { defineConfig } from "vitest/config";
import { faultTests } from "../../vitest.config.ts";

/** Real processes under real faults, one file at a time: beside other tests two cores would starve the very leaf that is to help. */
export default defineConfig({
  test: {
    include: faultTests,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
