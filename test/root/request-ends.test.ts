import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import type { App } from "../../src/root/app.ts";
import { type EndedRequest, onRequestEnds } from "../../src/root/request-ends.ts";

type Hook = (...given: unknown[]) => void;

/** The hooks that were asked for, to be run by hand, and what they told of. */
function hooked(): { send(of: ReturnType<typeof exchange>): void; ended: EndedRequest["cut"][] } {
  const hooks = new Map<string, Hook>();
  const ended: EndedRequest["cut"][] = [];
  const app = { decorateRequest: () => app, addHook: (name: string, hook: Hook) => hooks.set(name, hook) };
  onRequestEnds(app as unknown as App, ({ cut }) => ended.push(cut));
  const done = (): void => undefined;
  const send = ({ request, reply }: ReturnType<typeof exchange>): void => {
    hooks.get("onSend")?.(request, reply, "", done);
  };
  return { send, ended };
}

function exchange(complete = true) {
  const socket = { destroyed: false };
  const raw = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false, socket });
  return { request: { hasEnded: false, raw: { complete, socket } }, reply: { raw } };
}

it("tells of a request once that its answer has left, and not when that begins to, also of one that is sent twice", () => {
  const { send, ended } = hooked();
  const of = exchange();
  send(of);
  send(of);
  expect(ended).toEqual([]);
  of.reply.raw.writableFinished = true;
  of.reply.raw.emit("close");
  expect(ended).toEqual([undefined]);
});

it("tells of a request whose connection closes while its answer leaves, or before that is there", () => {
  const { send, ended } = hooked();
  const [streaming, done, half] = [exchange(), exchange(), exchange(false)];
  send(streaming);
  for (const { request, reply } of [streaming, done, half]) {
    request.raw.socket.destroyed = true;
    reply.raw.destroyed = true;
    reply.raw.emit("close");
  }
  expect(ended).toEqual(["answer"]);
  send(done);
  send(half);
  expect(ended).toEqual(["answer", "answer", "body"]);
});
