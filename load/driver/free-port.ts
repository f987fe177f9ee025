import { once } from "node:events";
import { createServer } from "node:net";

/** Below what the system hands out by itself, so that nobody takes the port of a program that is down. */
const portMin = 12_000;
const ports = 18_000;
/** Processes that search at the same time begin where the others do not come to. */
const portsEach = 50;
let next = process.pid * portsEach;

/** A port of this machine that nobody listens on, another one each time: whoever was given it may still be starting. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = portMin + (next++ % ports);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
