import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { asList, asRecord, asText } from "../../src/command/answers.ts";
import { eventually } from "../support/up.ts";
import type { EngineVariables } from "./engine.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));

/** States of a replica that has all there is; a slow machine may have some on probation for a while. */
const servingStates: readonly string[] = ["ready", "probation", "ejected"];

/** The Compose file as a project of its own, on free ports, beside whatever else runs on this machine. */
export class Project {
  readonly name = "hedgerow-test";
  readonly #env: NodeJS.ProcessEnv;
  readonly ports: readonly number[];

  constructor(variables: EngineVariables, ports: readonly number[]) {
    const [root1, root2, prometheus] = ports.map(String);
    this.ports = ports;
    const reached = { ...process.env, ...variables };
    this.#env = {
      ...reached,
      COMPOSE_PROJECT_NAME: this.name,
      HEDGEROW_IMAGE: "hedgerow:test",
      HEDGEROW_LOAD_IMAGE: "hedgerow-load:test",
      ROOT_1_PORT: root1,
      ROOT_2_PORT: root2,
      PROMETHEUS_PORT: prometheus,
      DOCKER_SOCKET: (reached.DOCKER_HOST ?? "").replace("unix://", ""),
      CHAOS_EVERY_S: "3",
      CHAOS_FOR_S: "5",
      DURATION_S: "5",
    };
  }

  /** The roots' addresses from outside. */
  get urls(): string[] {
    return this.ports.slice(0, 2).map((port) => `http://127.0.0.1:${port}`);
  }

  /** `docker …`; gives what it printed. Rejects with what it complained of. */
  async docker(...args: string[]): Promise<string> {
    const { stdout } = await run("docker", args, { cwd: repository, env: this.#env, maxBuffer: 1 << 26 });
    return stdout.trim();
  }

  /** `docker compose …`. */
  compose(...args: string[]): Promise<string> {
    return this.docker("compose", ...args);
  }

  /** Takes everything away, containers of profiles and volumes included. */
  down(): Promise<string> {
    const profiles = ["observability", "load", "chaos"].flatMap((profile) => ["--profile", profile]);
    return this.compose(...profiles, "down", "--volumes", "--timeout", "1");
  }

  container(service: string): string {
    return `${this.name}-${service}-1`;
  }

  /** Whether both roots are ready, see every leaf connected, and every replica has caught up. */
  async isWhole(): Promise<boolean> {
    const ready = await Promise.all(
      this.urls.map((url) =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (ready.includes(false)) return false;
    const reports = await Promise.all(
      this.urls.map(async (url): Promise<unknown> => {
        try {
          return await (await fetch(`${url}/v1/cluster`)).json();
        } catch {
          return undefined;
        }
      }),
    );
    return reports.every((report) => {
      const { members, indexes } = asRecord(report);
      const shards = asList(indexes).flatMap((index) => asList(asRecord(index).shards));
      const replicas = shards.flatMap((shard) => asList(asRecord(shard).replicas));
      return (
        asList(members).length === 6 &&
        asList(members).every((member) => asRecord(member).connected === true) &&
        replicas.length === 6 &&
        replicas.every((replica) => servingStates.includes(asText(asRecord(replica).state) ?? ""))
      );
    });
  }

  /** Waits until the cluster is whole again. */
  recovered(): Promise<void> {
    return eventually(
      "the roots are ready, every leaf is connected and every replica has caught up",
      () => this.isWhole(),
      180_000,
    );
  }
}
