import { canRedraw } from "../src/command/progress.ts";
import { interruption } from "./driver/interruption.ts";
import { runLoad } from "./runner/command.ts";

process.exitCode = await runLoad(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTerminal: canRedraw(process.stderr, process.env.TERM),
  interrupted: interruption(),
});
