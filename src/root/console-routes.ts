import { type AssetStore, codingFor, isKnown, readAssets, tagOf, takesPages } from "../console/assets.ts";
import { HedgerowError } from "../errors.ts";
import type { App } from "./app.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Page = { status: number; headers: Record<string, string>; body?: Buffer };

/** The console at `/`, the API's description at `/docs`, and the files that both load. Nothing comes from elsewhere. */
export function consoleRoutes(app: App): void {
  let reading: Promise<AssetStore> | undefined;

  /** Reads the files when somebody first asks for one. */
  const store = (): Promise<AssetStore> => {
    reading ??= readAssets().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };

  app.get("/", hidden, async (request, reply) => {
    reply.header("vary", "accept, accept-encoding");
    if (!takesPages(request.headers.accept)) return directory;
    const { status, headers, body } = pageFrom(await store(), "console/page/index.html", request.headers);
    return reply.code(status).headers(headers).send(body);
  });

  app.get("/docs", hidden, async (request, reply) => {
    const { status, headers, body } = pageFrom(await store(), "console/page/docs.html", request.headers);
    return reply.code(status).headers(headers).send(body);
  });

  app.get<{ Params: { "*": string } }>("/assets/*", hidden, async (request, reply) => {
    const { status, headers, body } = pageFrom(await store(), request.params["*"], request.headers);
    return reply.code(status).headers(headers).send(body);
  });
}

/** Pages are for people: the API's description leaves them out. */
const hidden = { schema: { hide: true } };

const directory = {
  name: "hedgerow",
  indexes: "/v1/indexes",
  cluster: "/v1/cluster",
  health: ["/livez", "/readyz"],
  metrics: "/metrics",
  description: "/openapi.json",
  documentation: "/docs",
};

function pageFrom({ assets, policy }: AssetStore, path: string, asked: Headers): Page {
  // Modules name one another as they stand in the source.
  const asset = assets.get(path.endsWith(".ts") ? `${path.slice(0, -3)}.js` : path);
  if (asset === undefined) throw new HedgerowError("not_found", `there is nothing at /assets/${path}`);
  const coding = codingFor(textOf(asked["accept-encoding"]));
  const tag = tagOf(asset, coding);
  const headers: Record<string, string> = {
    etag: tag,
    vary: "accept, accept-encoding",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  };
  if (asset.type.startsWith("text/html")) headers["content-security-policy"] = policy;
  if (isKnown(tag, textOf(asked["if-none-match"]))) return { status: 304, headers };
  if (coding !== "identity") headers["content-encoding"] = coding;
  const { buffer, byteOffset, byteLength } = asset.bodies[coding];
  const body = Buffer.from(buffer, byteOffset, byteLength);
  return { status: 200, headers: { ...headers, "content-type": asset.type }, body };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}
