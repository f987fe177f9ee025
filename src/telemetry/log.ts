/** How much the log says; each level includes those before it. */
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Takes lines of the log. Messages are lowercase, without a full stop; what they are about stands in the fields. */
export type Log = {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
};

/** Where lines of JSON go. */
export type LogStream = { write(line: string): void };

/**
 * The settings of a server's log: one JSON object a line, on standard error unless told otherwise, since standard
 * output belongs to the command's own words.
 */
export function logSettings(
  level: LogLevel,
  of: { name: string; stream?: LogStream },
): { level: LogLevel; base: { name: string }; stream: LogStream } {
  return { level, base: { name: of.name }, stream: of.stream ?? process.stderr };
}
