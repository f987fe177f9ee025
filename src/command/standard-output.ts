import { fstatSync, writeSync } from "node:fs";

/**
 * Writes text to standard output or error. Into a file all of it, or it throws the system's error: the runtime's own stream
 * takes a disk that has filled up in the middle of a text for success.
 */
export function writeText(stream: Output, text: string): void {
  if (!isFile(stream)) {
    stream.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(stream.fd, bytes, at);
}

/**
 * Has a process go on when whoever read what it writes to `stream` has gone, such as head or a terminal; nobody misses the
 * words then. Any other error of the stream is thrown.
 */
export function outliveReader(stream: Failing): void {
  stream.on("error", (error) => {
    if (!isReaderGone(error, stream)) throw error;
  });
}

function isReaderGone(error: NodeJS.ErrnoException, { isTTY = false }: Failing): boolean {
  // A socket that was closed with words still in it is reset.
  return error.code === "EPIPE" || error.code === "ECONNRESET" || (isTTY && error.code === "EIO");
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
