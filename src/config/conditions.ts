import { namesLogUser } from "./values.ts";

/** What other settings must say for one to do anything. */
type Condition = {
  name: Name;
  holds(settings: { log: string; join: readonly string[] }): boolean;
  /** What is the matter where it does not. */
  otherwise: string;
  /** Its variable does something for another command, and may be set beside this one. */
  isShared?: boolean;
};

type LogName =
  | "logReplicas"
  | "deletesKept"
  | "logMonitor"
  | "acceptUnsyncedLog"
  | "logCa"
  | "logCert"
  | "logKey"
  | "logPasswordFile";
type Name = LogName | "advertise" | "drainMs" | "keyFile";

const sharesLog: Condition["holds"] = ({ log }) => log !== "embedded";
const joins: Condition["holds"] = ({ join }) => join.length > 0;

/** Settings that would be passed over without another: whoever gives one believes that it does something. */
export const conditions: readonly Condition[] = [
  {
    name: "logReplicas",
    holds: sharesLog,
    otherwise: "the embedded log keeps one copy; more are for --log nats://host:port",
  },
  {
    name: "deletesKept",
    holds: ({ log }) => log === "embedded",
    otherwise: "is for the embedded log alone; one on NATS keeps all deletes",
  },
  { name: "logMonitor", holds: sharesLog, otherwise: "must be given with --log nats://host:port alone" },
  {
    name: "acceptUnsyncedLog",
    holds: sharesLog,
    otherwise: "the embedded log syncs each write; this is for --log nats://host:port alone",
  },
  ...(["logCa", "logCert", "logKey"] as const).map(
    (name): Condition => ({
      name,
      holds: sharesLog,
      otherwise: "the embedded log is on no network; certificates are for --log tls://host:port alone",
    }),
  ),
  {
    name: "logPasswordFile",
    holds: ({ log }) => namesLogUser(log),
    otherwise: "must be given with --log nats://user@host:port, which names the user that it is for",
  },
  { name: "advertise", holds: joins, otherwise: "must be given with --join alone, which tells it to roots" },
  { name: "drainMs", holds: joins, otherwise: "must be given with --join alone: other leaves end without waiting" },
  {
    name: "keyFile",
    holds: joins,
    otherwise: "must be given with --join alone: its token is for the roots that the leaf joins",
    isShared: true,
  },
];
