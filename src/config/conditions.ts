/** What other settings must say for one to do anything. */
type Condition = {
  name: "logReplicas" | "logMonitor" | "advertise" | "drainMs";
  holds(settings: { log: string; join: readonly string[] }): boolean;
  /** What is the matter where it does not. */
  otherwise: string;
};

const sharesLog: Condition["holds"] = ({ log }) => log !== "embedded";
const joins: Condition["holds"] = ({ join }) => join.length > 0;

/** Settings that would be passed over without another: whoever gives one believes that it does something. */
export const conditions: readonly Condition[] = [
  {
    name: "logReplicas",
    holds: sharesLog,
    otherwise: "the embedded log keeps one copy; more are for --log nats://host:port",
  },
  { name: "logMonitor", holds: sharesLog, otherwise: "must be given with --log nats://host:port alone" },
  { name: "advertise", holds: joins, otherwise: "must be given with --join alone, which tells it to roots" },
  { name: "drainMs", holds: joins, otherwise: "must be given with --join alone: other leaves end without waiting" },
];
