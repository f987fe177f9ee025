import { interruption } from "./driver/interruption.ts";
import { runLoad } from "./runner/command.ts";

process.exitCode = await runLoad(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  interrupted: interruption(),
});
