import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

/**
 * A network of its own in which packets to one address vanish: they go out to the other end of a cable, which is not
 * whom they are addressed to. Needs no firewall, only the right to make namespaces.
 */
const cable = [
  "ip link set lo up",
  "ip link add out type veth peer name far",
  "ip addr add 10.77.0.1/24 dev out",
  "ip link set out up",
  "ip link set far up",
  "ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev out",
].join(" && ");

const mayIsolate = spawnSync("unshare", ["--net", "sh", "-c", cable]).status === 0;
if (!mayIsolate) console.warn("SKIPPED: no network namespaces here, so no leaf behind a real silent drop is tested");

it.skipIf(!mayIsolate)("answers on time with a leaf behind a real silent drop from the root's start on", () => {
  const test = `"${process.execPath}" node_modules/vitest/vitest.mjs run --config test/cluster/vitest.config.mts leaf-unreachable`;
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", `${cable} && ${test}`], {
    env: { ...process.env, TEST_DROPPED_URL: "http://10.77.0.2:7000" },
    encoding: "utf8",
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
});
