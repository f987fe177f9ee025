import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../load/driver/free-port.ts";
import { Hedgerow } from "../../src/client/exports.ts";
import { sleep } from "../../src/time.ts";
import { readDashboards } from "../deploy/dashboards.ts";
import { eventually } from "../support/up.ts";
import { findEngine } from "./engine.ts";
import { Project } from "./project.ts";
import { QueryStream } from "./query-stream.ts";

const engine = await findEngine();
if (engine === undefined) {
  process.stderr.write(
    "\nNOT TESTED: no container engine answers, and HEDGEROW_CONTAINER_ENGINE names none. The Compose file did not run.\n\n",
  );
}

const faultMs = 8_000;
/** What callers see when all is mended is worth a look of its own. */
const backMs = 2_000;
const budgetMs = 2_000;
const zoneA = ["leaf-1", "leaf-2", "leaf-3"];
const mebibyte = 1024 * 1024;

describe.skipIf(engine === undefined)("docker compose", () => {
  let project: Project;
  let queries: QueryStream | undefined;

  beforeAll(async () => {
    project = new Project(engine ?? {}, await Promise.all([freePort(), freePort(), freePort()]));
    await project.down();
    await project.docker("build", "--tag", "hedgerow-traffic:test", "test/compose/traffic");
    await project.compose("build");
    await project.compose("up", "--wait");
    await project.recovered();
  });

  afterAll(async () => {
    await queries?.stop();
    await project?.down();
  });

  it("comes up with the demo corpus, so that the first search of the README finds something", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const line = readme
      .split("\n")
      .find((text) => text.startsWith("curl 'http://127.0.0.1:8080/v1/indexes/demo/search"));
    for (const port of project.ports.slice(0, 2)) {
      const command = (line ?? "").replace("8080", String(port)).replace("curl ", "curl -sS ");
      const { stdout } = await promisify(execFile)("bash", ["-c", command]);
      const { complete, hits } = JSON.parse(stdout);
      expect({ complete, found: hits[0].document.title }).toEqual({ complete: true, found: "acrophobia" });
    }
  });

  it("runs small images without root, on a root filesystem that cannot be written", async () => {
    const [image] = JSON.parse(await project.docker("image", "inspect", "hedgerow:test"));
    expect(image.Size).toBeLessThan(350 * mebibyte);
    expect(image.Config).toMatchObject({
      User: "1000:1000",
      ExposedPorts: { "8080/tcp": {} },
      Healthcheck: { Interval: 10e9 },
      Labels: { "org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.title": "Hedgerow" },
    });
    const touched = project.compose("exec", "leaf-1", "touch", "/opt/hedgerow/anything");
    await expect(touched).rejects.toThrow("Read-only file system");
    expect(await project.compose("exec", "leaf-1", "id", "-u")).toBe("1000");
  });

  it("asks the leaves of a root's own zone first", async () => {
    let near = 0;
    let all = 0;
    for (const [i, url] of project.urls.entries()) {
      for (let asked = 0; asked < 50; asked++) {
        const { shards } = await new Hedgerow({ url }).search("demo", { query: "dog", cache: false, budgetMs });
        all += shards.length;
        near += shards.filter(({ leaf }) => zoneA.includes(leaf ?? "") === (i === 0)).length;
      }
    }
    expect(near / all).toBeGreaterThan(0.6);
  });

  it("answers queries from here on", async () => {
    queries = new QueryStream(project.urls, { callers: 4, budgetMs });
    await sleep(faultMs);
    expectNothingLost("nothing happened");
  });

  /** Holds what the callers saw since the last time: nothing refused, nothing missing, and no more than the budget taken. */
  function expectNothingLost(during: string): void {
    const report = queries?.take();
    expect(report?.failures, `queries that failed: ${during}`).toEqual([]);
    expect(report?.partial, `answers that lacked something: ${during}`).toEqual([]);
    expect(report?.answered, `answers: ${during}`).toBeGreaterThan(20);
    expect(report?.tookMsMax, `the slowest answer: ${during}`).toBeLessThan(budgetMs + 500);
    process.stdout.write(`  ${during}: ${report?.answered} answers, the slowest ${report?.tookMsMax.toFixed(0)} ms\n`);
  }

  /** Makes trouble for some leaves at once, with queries running, and mends it. */
  async function trouble(name: string, victims: readonly string[], acts: Acts): Promise<void> {
    const mended: string[] = [];
    try {
      await Promise.all(victims.map((leaf) => acts.make(leaf)));
      await sleep(faultMs);
      expectNothingLost(`${name} ${victims.join(", ")}`);
    } finally {
      for (const leaf of victims) await acts.mend(leaf).then(() => mended.push(leaf));
    }
    expect(mended).toEqual(victims);
    await project.recovered();
    await sleep(backMs);
    expectNothingLost(`${name} ${victims.join(", ")} and back`);
  }

  type Acts = { make(leaf: string): Promise<unknown>; mend(leaf: string): Promise<unknown> };

  const pause: Acts = {
    make: (leaf) => project.compose("pause", leaf),
    mend: (leaf) => project.compose("unpause", leaf),
  };
  const kill: Acts = {
    make: (leaf) => project.compose("kill", leaf),
    mend: (leaf) => project.compose("start", leaf),
  };
  const disconnect: Acts = {
    make: (leaf) => project.docker("network", "disconnect", `${project.name}_default`, project.container(leaf)),
    mend: (leaf) =>
      project.docker("network", "connect", "--alias", leaf, `${project.name}_default`, project.container(leaf)),
  };
  /** Every packet of a leaf is dropped without a word: connections neither break nor come about. */
  const drop: Acts = {
    make: (leaf) => traffic(leaf, "-I"),
    mend: (leaf) => traffic(leaf, "-D"),
  };

  function traffic(leaf: string, verb: "-I" | "-D"): Promise<string> {
    const rules = ["INPUT ! -i lo", "OUTPUT ! -o lo"].map((chain) => `iptables ${verb} ${chain} -j DROP`);
    const network = `container:${project.container(leaf)}`;
    const granted = ["--network", network, "--cap-add", "NET_ADMIN", "--user", "0"];
    return project.docker("run", "--rm", ...granted, "hedgerow-traffic:test", "sh", "-ec", rules.join("; "));
  }

  it("loses no query while a leaf is paused", () => trouble("pause", ["leaf-2"], pause));
  it("loses no query while a leaf is killed", () => trouble("kill", ["leaf-5"], kill));
  it("loses no query while a leaf is off the network", () => trouble("disconnect", ["leaf-3"], disconnect));
  it("loses no query while a leaf's packets are dropped", () => trouble("drop", ["leaf-6"], drop));
  it("loses no query while a zone is paused", () => trouble("pause", zoneA, pause));
  it("loses no query while a zone is killed", () => trouble("kill", zoneA, kill));
  it("loses no query while a zone is off the network", () => trouble("disconnect", zoneA, disconnect));
  it("loses no query while a zone's packets are dropped", () => trouble("drop", zoneA, drop));

  it("loses no query while every process is restarted, one after the other", async () => {
    for (const service of ["leaf-1", "leaf-2", "leaf-3", "leaf-4", "leaf-5", "leaf-6", "root-1", "root-2"]) {
      await project.compose("restart", service);
      await project.recovered();
    }
    expectNothingLost("rolling restart");
  });

  it("loses no query to the chaos that the Compose file offers", async () => {
    await project.compose("--profile", "chaos", "up", "-d", "chaos");
    await sleep(30_000);
    await project.compose("--profile", "chaos", "stop", "--timeout", "10", "chaos");
    const said = await project.compose("--profile", "chaos", "logs", "--no-log-prefix", "chaos");
    expect(said).toMatch(/(unpause|start) leaf-/);
    expectNothingLost("chaos");
    await project.recovered();
  });

  it("can be loaded by the harness that the Compose file offers", async () => {
    const said = await project.compose("--profile", "load", "run", "--rm", "load");
    expect(said).toContain("steady");
    queries?.take();
  });

  it("shows its metrics to Prometheus, with the rules", async () => {
    await project.compose("--profile", "observability", "up", "-d", "prometheus");
    const url = `http://127.0.0.1:${project.ports[2]}/api/v1`;
    await eventually(
      "Prometheus scrapes all eight processes",
      async () => {
        const text = await fetch(`${url}/query?query=count(up==1)`).then(
          (answer) => answer.text(),
          () => "",
        );
        return text.includes('"8"');
      },
      60_000,
    );
    for (const { title, exprs } of readDashboards().flatMap(({ panels }) => panels)) {
      for (const expr of exprs) {
        const answer = await (await fetch(`${url}/query?query=${encodeURIComponent(expr)}`)).json();
        expect(answer, `${title}: ${expr}`).toMatchObject({ status: "success" });
      }
    }
    const rules = await (await fetch(`${url}/rules`)).text();
    expect(rules).toContain("HedgerowDeadlinesMissed");
    expect(rules).not.toContain('"health":"err"');
  });

  it("goes down without being forced", async () => {
    await queries?.stop();
    queries = undefined;
    await project.compose("stop", "root-1", "root-2", "leaf-1", "leaf-4");
    for (const service of ["root-1", "root-2", "leaf-1", "leaf-4"]) {
      const state = await project.docker("inspect", "--format", "{{.State.ExitCode}}", project.container(service));
      expect(`${service} ended with ${state}`).toBe(`${service} ended with 0`);
    }
  });
});
