import { isRecord } from "../protocol/record.ts";

/** What `hedgerow up` and the processes it keeps running tell each other over their channel, beside where one listens. */

/** Told to a process right after its start: signals that reach it are for `hedgerow up` to act on. */
export const supervision = { supervised: true } as const;

/** Told by a process that was sent SIGTERM. */
export const askedToEnd = { asked: "SIGTERM" } as const;

export function isSupervision(message: unknown): boolean {
  return isRecord(message) && message.supervised === true;
}

export function isAskedToEnd(message: unknown): boolean {
  return isRecord(message) && message.asked === askedToEnd.asked;
}

/** Where a process says that it listens; undefined for any other message. */
export function listeningUrl(message: unknown): string | undefined {
  return isRecord(message) && typeof message.listening === "string" ? message.listening : undefined;
}

/** Says where a process listens: to the one that started it, or in a line where there is no channel to one. */
export function tellListening({ role, url }: { role: string; url: string }, stdout: (text: string) => void): void {
  if (process.send === undefined) stdout(`Hedgerow's ${role} is at ${url}\n`);
  else tellParent({ listening: url });
}

/** Tells the process that started this one over the channel between them. One that has let go of it hears no more. */
export function tellParent(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
