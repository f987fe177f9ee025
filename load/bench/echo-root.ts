import { createServer } from "node:http";
import { createLeafLink, type LeafLink, type SearchHandler } from "../../src/root/leaf-link.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/time.ts";

/**
 * The least that a root can do: for each request one frame to each leaf, and a canned answer once all have replied. No
 * plan, no policy, no merge. What a search costs beyond this is the search's own.
 */
function startEchoRoot(leafUrls: readonly string[]): void {
  const links = leafUrls.map((url) =>
    createLeafLink({ url, clock: systemClock, timers: systemTimers, random: systemRandom }),
  );
  const plan = Buffer.from(JSON.stringify({ index: "echo", clauses: "x".repeat(300) }));
  const answer = Buffer.from(JSON.stringify({ hits: "x".repeat(4096) }));
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () =>
      fanOut(links, plan, () => {
        response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
        response.end(answer);
      }),
    );
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server listens on no port");
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}`, pid: process.pid })}\n`);
  });
}

function fanOut(links: readonly LeafLink[], plan: Uint8Array, done: () => void): void {
  let open = links.length;
  const handler: SearchHandler = {
    onStarted: () => undefined,
    onReply: () => {
      if (--open === 0) done();
    },
    onError: () => undefined,
  };
  links.forEach((link, shard) => void link.search({ plan, shard, budgetMs: 1000, tied: false }, handler));
}

if (import.meta.main) startEchoRoot(process.argv.slice(2));
