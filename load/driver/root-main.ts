/**
 * `node root-main.ts SCENARIO VARIANT flags of hedgerow root`: a root whose policies are those that a variant of a
 * scenario states, so that they can be compared with the ones that the product runs. It ends when its channel closes.
 */
import { readConfig } from "../../src/config.ts";
import { startRoot } from "../../src/root/serve.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";

const [scenario = "", variant = "", ...flags] = process.argv.slice(2);
const policy = loadScenario(scenario).variants.find((one) => one.variant === variant)?.policy;
const read = readConfig("root", flags, {});
if (policy === undefined || read.kind !== "ok") {
  process.stderr.write(`${read.kind === "invalid" ? read.problems.join("\n") : `no variant ${variant}`}\n`);
  process.exit(2);
}
const root = await startRoot(read.config, policy);
const close = (): void => void root.close().then(() => process.exit(0));
process.once("SIGTERM", close);
process.once("disconnect", close);
process.send?.({ listening: root.url });
