import { expect, it } from "vitest";
import { BadReplies } from "../../src/root/bad-replies.ts";
import { virtualTime } from "../support/virtual-time.ts";

it("names leaves that send what makes no sense, a few times and then now and again", () => {
  const time = virtualTime();
  const replies = new BadReplies(time.clock);
  const told: unknown[] = [];
  replies.reportTo({ warn: (fields) => void told.push(fields) });
  const url = "http://leaf-1";
  const { onBadReply: note } = replies.of(url);
  for (let i = 0; i < 10; i++) note("a reply is cut short");
  expect(told).toEqual(Array(3).fill({ url, detail: "a reply is cut short", leftOut: 0 }));
  time.advance(10_000);
  note("a reply's score is no number");
  expect(told[3]).toEqual({ url, detail: "a reply's score is no number", leftOut: 7 });
});
