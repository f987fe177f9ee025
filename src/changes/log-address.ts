/** Servers of a change log, and how to present oneself to them. */
export type LogServers = { urls: readonly string[]; user?: string; password?: string };

/** Where the change log is: in this machine's own files, or on servers. */
export type LogAddress = { kind: "embedded" } | ({ kind: "jetstream" } & LogServers);

const schemes = new Set(["nats:", "tls:"]);

/** Reads `embedded` or `nats://host:port[,…]`; `undefined` for anything else. */
export function parseLogAddress(text: string): LogAddress | undefined {
  if (text === "embedded") return { kind: "embedded" };
  const urls = text.split(",").map((part) => URL.parse(part.trim()));
  const first = urls[0];
  if (first === null || first === undefined) return undefined;
  const servers: string[] = [];
  for (const url of urls) {
    if (url === null || !schemes.has(url.protocol) || url.hostname === "") return undefined;
    servers.push(`${url.protocol}//${url.host}`);
  }
  if (first.username === "") return { kind: "jetstream", urls: servers };
  const [user, password] = [decodeURIComponent(first.username), decodeURIComponent(first.password)];
  return { kind: "jetstream", urls: servers, user, password };
}
