import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";

const body = JSON.stringify({ query: "heather", budgetMs: 20_000 });
const head = [
  "POST /v1/indexes/plants/search HTTP/1.1",
  "host: 127.0.0.1",
  "content-type: application/json",
  `content-length: ${body.length}`,
];
const search = `${head.join("\r\n")}\r\n\r\n${body}`;

async function opened({ url }: TestCluster): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

async function isClosed({ url }: TestCluster): Promise<boolean> {
  return await fetch(`${url}/livez`).then(
    () => false,
    () => true,
  );
}

describe("a root that leaves", () => {
  it("answers requests whose head or body it has half of, and ends their connections with that", async () => {
    const cluster = await startCluster({ leaves: 1, flags: ["--shards", "1", "--replicas", "1"] });
    await cluster.request("PUT", "/v1/indexes/plants", { fields: { title: { type: "text" } } });
    await cluster.load("plants", [{ id: "1", title: "heather" }]);
    const cuts = [search.indexOf("content-type"), search.length - 5];
    const sockets = await Promise.all(cuts.map(() => opened(cluster)));
    const answers = sockets.map(said);
    sockets.forEach((socket, i) => void socket.write(search.slice(0, cuts[i])));
    expect(await cluster.request("GET", "/livez")).toMatchObject({ status: 200, body: { status: "live" } });
    const closed = cluster.close();
    await eventually("nobody is let in any more", () => isClosed(cluster));
    sockets.forEach((socket, i) => void socket.write(search.slice(cuts[i])));
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(answer.toLowerCase()).toContain("connection: close\r\n");
      expect(answer).toContain('"complete":true');
    }
    await closed;
  });
});
