import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { sleep } from "../../src/time.ts";

/** Listens, says where, and never runs again: its queue of connections fills up and the system drops the rest. */
const listener = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    process.stdout.write(String(server.address().port), () => process.kill(process.pid, "SIGSTOP"));
  });
`;

/** A port whose system answers nothing to new connections, not even a refusal: as behind a firewall that drops. */
export async function silentPort(): Promise<{ url: string; close(): void }> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const [said]: unknown[] = await once(child.stdout, "data");
  const port = Number(String(said));
  const fillers: Socket[] = [];
  // Connections fill the queue until one gets no answer.
  for (let connected = true; connected && fillers.length < 16; ) {
    const filler = connect(port, "127.0.0.1");
    filler.on("error", () => undefined);
    fillers.push(filler);
    const answered = once(filler, "connect").then(() => true);
    connected = await Promise.race([answered, sleep(500).then(() => false)]);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
    },
  };
}
