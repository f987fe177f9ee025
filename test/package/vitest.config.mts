import { defineConfig } from "vitest/config";

/** Packs, installs and runs the npm package: half a minute, and it wants the package registry. */
export default defineConfig({
  test: {
    include: ["test/package/*.package.ts"],
    testTimeout: 180_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
