import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listening } from "./links.ts";

/** Listens, says where, and never runs again: its queue of connections fills up and the system drops the rest. */
const listener = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    process.stdout.write(String(server.address().port), () => process.kill(process.pid, "SIGSTOP"));
  });
`;

/** More than any system's shortest queue holds. */
const fillersMax = 16;

/** A port whose system answers nothing to new connections, not even a refusal: as behind a firewall that drops. */
export async function silentPort(): Promise<{ url: string; close(): void }> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const [said]: unknown[] = await once(child.stdout, "data");
  const port = Number(String(said));
  const fillers: Socket[] = [];
  const close = (): void => {
    for (const filler of fillers) filler.destroy();
    child.kill("SIGKILL");
  };
  // Connections fill the queue until one gets no answer.
  for (let isFull = false; !isFull; ) {
    if (fillers.length === fillersMax) {
      close();
      throw new Error("the queue of connections does not fill up");
    }
    const filler = connect(port, "127.0.0.1");
    fillers.push(filler);
    isFull = !(await isAnswered(filler));
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

/** Whether a connection is made before others that were begun after it, one after the other: no clock would know. */
async function isAnswered(connection: Socket): Promise<boolean> {
  let answered = false;
  connection.once("connect", () => {
    answered = true;
  });
  connection.on("error", () => undefined);
  const open = createServer((socket) => void socket.destroy());
  const port = await listening(open);
  for (let others = 0; others < 5; others++) {
    const other = connect(port, "127.0.0.1");
    await once(other, "connect");
    other.destroy();
  }
  open.close();
  return answered;
}
