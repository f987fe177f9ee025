/**
 * `node proxy-main.ts HOST PORT SEED`: a troubled way to one leaf, in a process of its own, so that neither the load's
 * driver nor the leaf pays for it. It is told of troubles over its channel, and ends when that closes.
 */
import { asNumber, asRecord } from "../../src/command/answers.ts";
import { seededRandom, systemTimers } from "../../src/time.ts";
import { startLinkProxy } from "./link-proxy.ts";

const [host = "127.0.0.1", port = "", seed = "1"] = process.argv.slice(2);
const proxy = await startLinkProxy({
  host,
  port: Number(port),
  random: seededRandom(Number(seed)),
  timers: systemTimers,
});

process.on("message", (message) => {
  const said = asRecord(message);
  if (said.cut === true) proxy.cut();
  if (said.trouble === undefined) return;
  const trouble = asRecord(said.trouble);
  proxy.set({
    delayMs: asNumber(trouble.delayMs) ?? 0,
    jitterMs: asNumber(trouble.jitterMs) ?? 0,
    stallShare: asNumber(trouble.stallShare) ?? 0,
    stallMs: asNumber(trouble.stallMs) ?? 0,
    blackhole: trouble.blackhole === true,
  });
});
process.once("disconnect", () => void proxy.close());
process.once("SIGTERM", () => process.exit(0));
process.send?.({ listening: `http://${host}:${proxy.port}` });
