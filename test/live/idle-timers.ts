import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** Sleeps again and again, and on hanging up says how late each waking came. */
const sleeper = `
  const late = [];
  const sleep = () => { const due = performance.now() + 20; setTimeout(() => { late.push(performance.now() - due); sleep(); }, 20); };
  sleep();
  process.stdin.resume().on("end", () => { process.stdout.write(JSON.stringify(late)); process.exitCode = 0; setImmediate(process.exit); });
`;

/** A process that does nothing but wait: how late its timers fire is the machine's doing, and nobody else's. */
export function watchIdleTimers(): { latenessMs(): Promise<number[]> } {
  const child = spawn(process.execPath, ["-e", sleeper], { stdio: ["pipe", "pipe", "inherit"] });
  const said = text(child.stdout);
  return {
    async latenessMs() {
      child.stdin.end();
      const late: number[] = JSON.parse(await said);
      return late;
    },
  };
}
