import { expect, it } from "vitest";
import { ContainerEngine } from "../../../load/chaos/engine.ts";

it("says where it looked for an engine that is not there", async () => {
  const engine = new ContainerEngine("/nowhere/engine.sock");
  await expect(engine.leaves("hedgerow")).rejects.toThrow("no container engine answers at /nowhere/engine.sock: ");
});
