import { defineConfig } from "vitest/config";

/** The pages in a browser, on a cluster of real processes: they need a machine to themselves, and Chromium. */
export default defineConfig({
  test: {
    include: ["test/console/*.browser.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
