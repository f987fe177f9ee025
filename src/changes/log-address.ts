/** Servers of a change log, and how to present oneself to them; the password is asked for at every connection. */
export type LogServers = { urls: readonly string[]; user?: string; password?: () => string; tls?: LogCertificates };

/** Files of the authorities that the servers must come from, and of what they are shown; read at every connection. */
export type LogCertificates = { caFile?: string; certFile?: string; keyFile?: string };

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
  // Everybody on a machine can read its processes' flags: a password has a file of its own.
  if (urls.some((url) => url?.password !== "")) return undefined;
  if (first.username === "") return { kind: "jetstream", urls: servers };
  return { kind: "jetstream", urls: servers, user: decodeURIComponent(first.username) };
}
