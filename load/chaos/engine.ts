import { request } from "node:http";
import { asList, asRecord, asText } from "../../src/command/answers.ts";
import type { ChaosLeaf } from "./choice.ts";

/** A container engine (the Docker Engine API, version 1.41) behind a socket of this machine. */
export class ContainerEngine {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The running leaves of a Compose project: the containers with a `hedgerow.zone`. */
  async leaves(project: string): Promise<ChaosLeaf[]> {
    return (await this.#list(project)).flatMap((container) => {
      const { Id, Labels } = asRecord(container);
      const labels = asRecord(Labels);
      const [id, name, zone] = [
        asText(Id),
        asText(labels["com.docker.compose.service"]),
        asText(labels["hedgerow.zone"]),
      ];
      return id === undefined || name === undefined || zone === undefined ? [] : [{ id, name, zone }];
    });
  }

  /** Whether no running leaf of a Compose project is starting or found ill by its health check. */
  async isHealthy(project: string): Promise<boolean> {
    return (await this.#list(project, { health: ["starting", "unhealthy"] })).length === 0;
  }

  /** Does something to a container. Rejects with what the engine says against it. */
  async act(verb: "pause" | "unpause" | "kill" | "start", { id }: ChaosLeaf): Promise<void> {
    await this.#ask("POST", `/containers/${id}/${verb}`);
  }

  async #list(project: string, filters: Readonly<Record<string, string[]>> = {}): Promise<readonly unknown[]> {
    const label = [`com.docker.compose.project=${project}`, "hedgerow.zone"];
    const wanted = encodeURIComponent(JSON.stringify({ ...filters, label }));
    return asList(JSON.parse(await this.#ask("GET", `/containers/json?filters=${wanted}`)));
  }

  #ask(method: "GET" | "POST", path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#socketPath, path: `/v1.41${path}`, method }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("error", reject);
        response.on("end", () => {
          if ((response.statusCode ?? 500) < 400) resolve(text);
          else reject(new Error(`${method} ${path}: ${text.trim()}`));
        });
      });
      asked.on("error", (error) => {
        reject(new Error(`no container engine answers at ${this.#socketPath}: ${error.message}`));
      });
      asked.end();
    });
  }
}
