#!/usr/bin/env node
// The command: the program's source where this is a checkout, what was compiled of it where it is an installed package.
import { existsSync } from "node:fs";

const majorMin = 24;

if (Number.parseInt(process.versions.node, 10) < majorMin) {
  process.stderr.write(
    `hedgerow needs Node ${majorMin} or later, and this is ${process.versions.node}; npx hedgerow runs the Node that comes with the package\n`,
  );
  process.exitCode = 1;
} else {
  const source = new URL("../src/main.ts", import.meta.url);
  await import(existsSync(source) ? source.href : new URL("../dist/src/main.js", import.meta.url).href);
}
