import { defineConfig } from "vitest/config";

/** The Compose file run for real: ten minutes, and it wants a container engine. */
export default defineConfig({
  test: {
    include: ["test/compose/*.compose.ts"],
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    teardownTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { concurrent: false },
    bail: 0,
  },
});
