import { stopSignals } from "../../../src/command/interruption.ts";
import { systemClock } from "../../../src/time.ts";
import { endPrograms, keepPrograms } from "./child.ts";
import { createEndpoint } from "./endpoint.ts";
import { kinds } from "./kinds.ts";
import { peerDocuments } from "./sources.ts";

/** One peer in a process of its own: the name of its kind, what to index, and a directory for its files. */
const [name = "", source = "", directory = ""] = process.argv.slice(2);
const kind = kinds.find((one) => one.name === name);
if (kind === undefined) throw new Error(`there is no peer "${name}"`);
const documents = await peerDocuments(source);
const startMs = systemClock.nowMs();
const peer = await kind.start({ documents, directory }).catch(async (error: unknown) => {
  await endPrograms();
  throw error;
});
const indexMs = systemClock.nowMs() - startMs;
const app = createEndpoint(peer);
const url = await app.listen({ host: "127.0.0.1", port: 0 });
for (const signal of stopSignals) process.on(signal, () => void app.close());
keepPrograms();
const { pids, mirrorPids } = peer;
process.stdout.write(`${JSON.stringify({ url, indexMs, pids: [process.pid, ...pids], mirrorPids })}\n`);
