import { fstatSync, readSync, statSync, writeSync } from "node:fs";
import { devNull } from "node:os";
import { errorCodeOf } from "../errors.ts";

/**
 * Writes text to standard output or error. Into a file all of it, or it throws the system's error: the runtime's own stream
 * takes a disk that has filled up in the middle of a text for success.
 */
export function writeText(stream: Output, text: string): void {
  if (!isFile(stream)) {
    stream.write(text);
    return;
  }
  writeAll(stream, Buffer.from(text));
}

/**
 * Writes bytes to standard output. Resolves once there is room for more, and rejects with the system's error where they
 * cannot be written, also when the reader has gone.
 */
export async function writeBytes(stream: Output, bytes: Uint8Array): Promise<void> {
  if (isFile(stream)) return writeAll(stream, bytes);
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Whether a stream was closed before this process began: the runtime then puts the null device there, to read and to
 * write. Where somebody sent the words to it on purpose, as a shell does, it can only be written.
 */
export function isClosed({ fd }: Output): boolean {
  try {
    if (fstatSync(fd).rdev !== statSync(devNull).rdev) return false;
    readSync(fd, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}

/** Whether an error says that nobody reads a pipe or a socket any more; one that was closed with words in it is reset. */
export function isReaderGone(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === "EPIPE" || code === "ECONNRESET";
}

/**
 * Has a process go on when whoever read what it writes to `stream` has gone, such as head or a terminal; nobody misses the
 * words then. Any other error of the stream is thrown.
 */
export function outliveReader(stream: Failing): void {
  stream.on("error", (error) => {
    const isTerminalGone = stream.isTTY === true && error.code === "EIO";
    if (!isReaderGone(error) && !isTerminalGone) throw error;
  });
}

/**
 * As `outliveReader` for a service, whatever the error: a log on a disk that has filled up must not end what answers.
 */
export function outliveFailure(stream: Failing): void {
  stream.on("error", () => undefined);
}

/** A service's writer of words: those that cannot be written are lost, and it goes on. */
export function losing(write: (text: string) => void): (text: string) => void {
  return (text) => {
    try {
      write(text);
    } catch {
      // Whoever would be told reads the same disk.
    }
  };
}

function writeAll({ fd }: Output, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

type Failing = { isTTY?: boolean; on(event: "error", heed: (error: NodeJS.ErrnoException) => void): unknown };
type Output = NodeJS.WriteStream & { fd: number };

/** Files, and devices that are no terminals, are written at once; pipes and terminals are streams. */
function isFile({ fd, isTTY }: Output): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || (stat.isCharacterDevice() && !isTTY);
  } catch {
    return false;
  }
}
