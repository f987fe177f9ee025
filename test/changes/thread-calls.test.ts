import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { ThreadCalls } from "../../src/changes/thread-calls.ts";

const dying = "require('node:worker_threads').parentPort.once('message', () => process.exit(3))";

it("tells writes that were under way when the thread died from what surely did nothing", async () => {
  const calls = new ThreadCalls(new Worker(dying, { eval: true }), 1 << 20);
  const write = calls.write({ kind: "dropIndex", index: "books" }).catch((error: unknown) => error);
  const read = calls.read({ kind: "head" }).catch((error: unknown) => error);
  expect(await write).toMatchObject({ code: "write_uncertain", status: 503 });
  expect(await read).toMatchObject({ code: "storage_unavailable" });
  const message = expect.stringContaining("thread has stopped: exit code 3");
  const late = calls.write({ kind: "dropIndex", index: "books" });
  await expect(late).rejects.toMatchObject({ code: "storage_unavailable", message });
  await calls.close();
});
