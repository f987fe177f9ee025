import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { natsProgram } from "../../load/bench/nats-server.ts";
import { freePort } from "../../load/driver/free-port.ts";
import { sleep } from "../../src/time.ts";
import type { Program } from "./program.ts";

const startTriesMax = 500;
const startPauseMs = 50;

/** NATS servers that keep each other's copies, and the flags by which roots come to them. */
export type LogServers = { programs: Program[]; flags: string[] };

/** Starts so many servers below a directory; several form a cluster, and the log keeps a copy on each. */
export async function startLogServers(directory: string, count: number): Promise<LogServers> {
  const places: { name: string; port: number; routePort: number }[] = [];
  for (let i = 1; i <= count; i++) {
    places.push({ name: `nats-${i}`, port: await freePort(), routePort: await freePort() });
  }
  const routes = places.map(({ routePort }) => `nats://127.0.0.1:${routePort}`).join(", ");
  const programs: Program[] = [];
  for (const { name, port, routePort } of places) {
    const config = join(directory, `${name}.conf`);
    const cluster = `cluster { name: crash, listen: "127.0.0.1:${routePort}", routes: [${routes}] }\n`;
    await writeFile(
      config,
      `server_name: ${name}\nlisten: "127.0.0.1:${port}"\nmax_payload: 8388608\n` +
        `jetstream { store_dir: "${join(directory, name)}" }\n${count > 1 ? cluster : ""}`,
    );
    programs.push(serverProgram({ name, url: `nats://127.0.0.1:${port}`, config }));
  }
  await Promise.all(programs.map((program) => program.start()));
  const durable = count > 1 ? ["--log-replicas", String(count)] : ["--accept-unsynced-log"];
  return { programs, flags: ["--log", programs.map(({ url }) => url).join(","), ...durable] };
}

type ServerPlan = { name: string; url: string; config: string };

function serverProgram({ name, url, config }: ServerPlan): Program {
  let child: ChildProcess | undefined;
  return {
    name,
    url,
    get alive() {
      return child !== undefined;
    },
    async kill() {
      const running = child;
      if (running === undefined) return false;
      const ended = once(running, "exit");
      running.kill("SIGKILL");
      await ended;
      return true;
    },
    askToEnd: () => undefined,
    async start() {
      const begun = spawn(natsProgram, ["-c", config, "-l", `${config}.log`], { stdio: "ignore" });
      child = begun;
      begun.once("exit", () => {
        if (child === begun) child = undefined;
      });
      for (let tries = 0; child === begun; tries++) {
        if (await answers(url)) return;
        if (tries > startTriesMax) throw new Error(`${name} did not start; see ${config}.log`);
        await sleep(startPauseMs);
      }
    },
  };
}

/** A server that takes connections greets them at once. */
function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
