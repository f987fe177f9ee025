import { defineConfig } from "vitest/config";

/** The scenarios that take minutes; `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ["test/simulator/*.slow.ts"],
    testTimeout: 900_000,
    maxWorkers: 2,
  },
});
