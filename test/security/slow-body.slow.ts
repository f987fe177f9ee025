import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bodyPaceDefault } from "../../src/security/body-progress.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { said } from "../support/said.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
});
afterAll(() => cluster.close());

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

it("is told the trace, the time and what browsers need, as every answer", async () => {
  const { hostname, port } = new URL(cluster.url);
  const socket = connect(Number(port), hostname);
  const answer = said(socket);
  const head = [
    "POST /v1/indexes/x/search HTTP/1.1",
    "Host: 127.0.0.1",
    "Connection: close",
    `traceparent: 00-${trace}-00f067aa0ba902b7-01`,
    "content-type: application/json",
    "content-length: 9",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n{`);
  const [answered = "", body = ""] = (await answer).split("\r\n\r\n");
  expect(JSON.parse(body)).toMatchObject({ status: 408, code: "timed_out", traceId: trace });
  expect(answered).toContain(`x-trace-id: ${trace}`);
  expect(answered).toContain("x-content-type-options: nosniff");
  const shown = await (await fetch(`${cluster.url}/metrics`)).text();
  expect(shown).toContain('hedgerow_http_requests_total{route="/v1/indexes/:index/search",status="408"} 1\n');
  const [, totalMs] = /server-timing: total;dur=([0-9.]+)/.exec(answered) ?? [];
  expect(Number(totalMs)).toBeGreaterThan(bodyPaceDefault.graceMs);
});

it("is given up where its request was refused before, and hears the refusal alone", async () => {
  const { hostname, port } = new URL(cluster.url);
  const socket = connect(Number(port), hostname);
  const answer = said(socket);
  const head = ["POST /v1/indexes/x/search HTTP/1.1", "content-type: application/json", "content-length: 9"];
  socket.write(`${head.join("\r\n")}\r\n\r\n{`);
  const heard = await answer;
  expect(heard).toMatch(/^HTTP\/1\.1 400/);
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
});
