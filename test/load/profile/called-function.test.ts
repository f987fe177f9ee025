import { describe, expect, test } from "vitest";
import { calledFunction } from "../../../load/profile/called-function.ts";
import { home } from "./sampled.ts";

describe("whose code a function is", () => {
  test.each([
    ["search", `${home}src/root/search.ts`, 11, "search", "src/root/search.ts:12", "hedgerow"],
    ["main", `${home}load/driver/root-main.ts`, 0, "main", "load/driver/root-main.ts:1", "hedgerow"],
    ["reply", `${home}node_modules/fastify/lib/reply.js`, 4, "reply", "fastify/lib/reply.js:5", "packages"],
    ["b", `${home}node_modules/a/node_modules/@c/b/b.js`, 4, "b", "@c/b/b.js:5", "packages"],
    ["", "", 0, "(anonymous)", "(made at run time):1", "packages"],
    ["emit", "node:events", 41, "emit", "node:events:42", "node"],
    ["(program)", "", -1, "(program)", "", "native"],
    ["sort", "", -1, "sort", "", "native"],
    ["(garbage collector)", "", -1, "(garbage collector)", "", "garbage-collection"],
  ])("%s of %s", (functionName, url, lineNumber, name, place, origin) => {
    expect(calledFunction({ functionName, url, lineNumber }, home)).toEqual({ name, place, origin });
  });
});
