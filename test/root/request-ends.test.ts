import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import type { App } from "../../src/root/app.ts";
import { type EndedRequest, onRequestEnds } from "../../src/root/request-ends.ts";

type Hook = (...given: unknown[]) => void;

/** The hooks that were asked for, to be run by hand, and what they told of. */
function hooked(): { run(name: string, of: ReturnType<typeof exchange>): void; ended: EndedRequest["cut"][] } {
  const hooks = new Map<string, Hook>();
  const ended: EndedRequest["cut"][] = [];
  const app = { decorateRequest: () => app, addHook: (name: string, hook: Hook) => hooks.set(name, hook) };
  onRequestEnds(app as unknown as App, ({ cut }) => ended.push(cut));
  const done = (): void => undefined;
  const run = (name: string, { request, reply }: ReturnType<typeof exchange>): void => {
    if (name === "onSend") hooks.get(name)?.(request, reply, "", done);
    else hooks.get(name)?.(request, reply, done);
  };
  return { run, ended };
}

function exchange(complete = true) {
  const socket = { destroyed: false };
  const raw = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false, socket });
  return { request: { hasEnded: false, raw: { complete, socket } }, reply: { raw } };
}

it("tells of a request once that its answer has left, and not when that begins to", () => {
  const { run, ended } = hooked();
  const of = exchange();
  run("onSend", of);
  expect(ended).toEqual([]);
  of.reply.raw.writableFinished = true;
  run("onResponse", of);
  of.reply.raw.emit("close");
  expect(ended).toEqual([undefined]);
});

it("tells of a request whose connection closes while its answer leaves, or before that is there", () => {
  const { run, ended } = hooked();
  const [streaming, done, half] = [exchange(), exchange(), exchange(false)];
  run("onSend", streaming);
  for (const { request, reply } of [streaming, done, half]) {
    request.raw.socket.destroyed = true;
    reply.raw.destroyed = true;
    reply.raw.emit("close");
  }
  expect(ended).toEqual(["answer"]);
  run("onSend", done);
  run("onSend", half);
  expect(ended).toEqual(["answer", "answer", "body"]);
});
