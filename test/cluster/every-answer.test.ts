import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { readExposition } from "../support/exposition.ts";
import { said } from "../support/said.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
});

afterAll(() => cluster.close());

async function answerTo(request: string): Promise<{ status: number; headers: Headers; body: string }> {
  const { hostname, port } = new URL(cluster.url);
  const socket = connect(Number(port), hostname);
  const answer = said(socket);
  socket.write(request);
  const [head = "", body = ""] = (await answer).split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const pairs = lines.map((line): [string, string] => [line.split(": ")[0] ?? "", line.split(": ")[1] ?? ""]);
  return { status: Number(first.split(" ")[1]), headers: new Headers(pairs), body };
}

const rest = "Host: 127.0.0.1\r\nConnection: close\r\n";
const long = "a".repeat(20_000);
const sent = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `traceparent: 00-${sent}-00f067aa0ba902b7-01\r\n`;

const requests: [string, string, number][] = [
  ["an address that cannot be decoded", `GET /v1/indexes/%zz HTTP/1.1\r\n${rest}\r\n`, 400],
  ["a name without end", `GET /v1/indexes/${"a".repeat(2000)} HTTP/1.1\r\n${rest}\r\n`, 400],
  ["a header that is too large", `GET / HTTP/1.1\r\nX-Long: ${long}\r\n${rest}\r\n`, 413],
  ["an address that is too long", `GET /${long} HTTP/1.1\r\n${rest}\r\n`, 413],
  ["no HTTP at all", "good morning\r\n\r\n", 400],
  ["a method that is none", `FROBNICATE / HTTP/1.1\r\n${rest}\r\n`, 400],
  ["no host", "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
  ["a method that nothing here takes", `PROPFIND /v1/cluster HTTP/1.1\r\n${rest}\r\n`, 405],
  ["an address of nothing", `GET /v1/nothing HTTP/1.1\r\n${rest}\r\n`, 404],
];

describe("every answer", () => {
  it.each(requests)("carries its trace, its time and what browsers need, to %s too", async (_what, request, status) => {
    const answer = await answerTo(request);
    const problem: Record<string, unknown> = JSON.parse(answer.body);
    expect(answer.status).toBe(status);
    expect(problem).toMatchObject({
      status,
      code: expect.any(String),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.headers.get("x-trace-id")).toBe(problem.traceId);
    expect(answer.headers.get("server-timing")).toMatch(/^total;dur=\d+\.\d\d$/);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("continues the trace that came, wherever its head could be read", async () => {
    for (const path of ["/v1/indexes/%zz", "/v1/nothing"]) {
      const answer = await answerTo(`GET ${path} HTTP/1.1\r\n${traceparent}${rest}\r\n`);
      expect(answer.headers.get("x-trace-id")).toBe(sent);
    }
  });

  it("is counted, also where no head could be read", async () => {
    const counted = async (): Promise<number> => {
      const { families } = readExposition(await (await fetch(`${cluster.url}/metrics`)).text());
      const { samples = [] } = families.get("hedgerow_http_requests_total") ?? {};
      return samples.reduce((sum, { value }) => sum + value, 0);
    };
    const before = await counted();
    for (const [, request] of requests) await answerTo(request);
    // The first look is an answer as well.
    expect((await counted()) - before).toBe(requests.length + 1);
  });

  it("is given where more is expected than anybody knows of", async () => {
    const answer = await answerTo(`GET /livez HTTP/1.1\r\nExpect: miracles\r\n${rest}\r\n`);
    expect([answer.status, answer.headers.has("x-trace-id")]).toEqual([200, true]);
  });
});
