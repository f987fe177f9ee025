import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { said } from "../support/said.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
  await cluster.request("PUT", "/v1/indexes/notes", { fields: { text: { type: "text" } }, shards: 1, replicas: 1 });
});

afterAll(() => cluster.close());

const documents = "/v1/indexes/notes/documents";

/** A request to write a document, whose body has as many bytes as it says. */
function write(id: string, body = "{}"): string {
  const head = [`PUT ${documents}/${id} HTTP/1.1`, "Host: 127.0.0.1", "Content-Type: application/json"];
  return `${head.join("\r\n")}\r\nContent-Length: 2\r\n\r\n${body}`;
}

/** Everything that is answered to a connection. */
async function answersTo(sent: string, { hangUp = false } = {}): Promise<string> {
  const { hostname, port } = new URL(cluster.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const answers = said(socket);
  if (hangUp) socket.end(sent);
  else socket.write(sent);
  return answers;
}

function statusesIn(answers: string): string[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = ""]) => status);
}

describe("what is no request", () => {
  it("is refused behind the answer to the one that it follows", async () => {
    expect(statusesIn(await answersTo(`${write("one")}{"more":1}`))).toEqual(["201", "400"]);
    expect(statusesIn(await answersTo(`${write("two")}${write("three")}nonsense\r\n\r\n`))).toEqual([
      "201",
      "201",
      "400",
    ]);
    expect((await cluster.request("GET", `${documents}/three`)).status).toBe(200);
  });

  it("is refused at once where nothing waits for an answer", async () => {
    expect(statusesIn(await answersTo("nonsense\r\n\r\n"))).toEqual(["400"]);
  });

  it("is said to have ended in its middle where its caller hung up, and nothing of it is done", async () => {
    const answers = await answersTo(write("cut", "{"), { hangUp: true });
    expect(statusesIn(answers)).toEqual(["400"]);
    expect(answers).toContain("the request ended in its middle");
    expect((await cluster.request("GET", `${documents}/cut`)).status).toBe(404);
  });
});
