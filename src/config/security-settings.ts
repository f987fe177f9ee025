import { services, setting } from "./setting.ts";

const mebibyte = 1024 * 1024;

/** What a leaf counts for the runtime (`leaf/memory`), and a little for documents: with less it would take none at all. */
export const leafBytesLeast = 128 * mebibyte;

/** Settings of who may come in, and of how much one caller or one leaf may take. */
export const securitySettings = {
  keys: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "file of the keys that callers need (hedgerow key makes them); without one everybody may do everything",
  }),
  audit: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason:
      "file for a line of JSON about each write, admin call and refusal; with --keys by default <data>/audit.jsonl",
  }),
  tlsCert: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "file of the certificate (PEM, with its chain) that callers are shown; taken anew when it changes",
  }),
  tlsKey: setting("text", { roles: ["up", "root"], default: "", reason: "file of its private key" }),
  linkCert: setting("text", {
    roles: ["root", "leaf"],
    default: "",
    reason:
      "file of the certificate that roots and leaves show each other: a root's for clientAuth, a leaf's for serverAuth",
  }),
  linkKey: setting("text", { roles: ["root", "leaf"], default: "", reason: "file of its private key" }),
  linkCa: setting("text", {
    roles: ["root", "leaf"],
    default: "",
    reason: "file of the authorities that the other end's certificate must come from",
  }),
  keyFile: setting("text", {
    roles: ["leaf"],
    default: "",
    reason: "file with the token of a key with the scope join, for roots that ask for keys",
  }),
  logCa: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "file of the authorities that the change log's servers must come from",
  }),
  logCert: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "file of the certificate that the change log's servers are shown",
  }),
  logKey: setting("text", { roles: ["up", "root"], default: "", reason: "file of its private key" }),
  logPasswordFile: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "file with the password of the user that --log names",
  }),
  connectionsMax: setting("integer", {
    roles: services,
    default: 0,
    min: 0,
    max: 1_000_000,
    reason: "connections that are taken at once; 0: three quarters of the files that the process may open",
  }),
  documentBytesMax: setting("integer", {
    roles: ["up", "root"],
    default: 4 * mebibyte,
    min: 1024,
    max: 32 * mebibyte,
    reason: "largest document in bytes",
  }),
  memoryBytesMax: setting("integer", {
    roles: ["up", "leaf"],
    default: 0,
    min: 0,
    leastAboveZero: leafBytesLeast,
    max: Number.MAX_SAFE_INTEGER,
    reason:
      "bytes that a leaf may take up; more documents are refused. 0: seven tenths of the machine's or container's",
  }),
  insecure: setting("boolean", {
    roles: services,
    default: false,
    reason:
      "listen beyond this machine without keys (root) or certificates (leaf): whoever reaches it may do everything",
  }),
} as const;
