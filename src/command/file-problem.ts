import { errorCodeOf } from "../errors.ts";

/** What may be the matter with a file or a directory, by the system's code. */
const problems: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no such file or directory: ${path}`,
  ENOTDIR: (path) => `${path} lies below something that is no directory`,
  EISDIR: (path) => `${path} is a directory`,
  EACCES: (path) => `${path} may not be used so by this user`,
  EPERM: (path) => `${path} may not be used so by this user`,
};

/** What went wrong with a file, as a line for people; undefined where an error is not the system's. */
export function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error)) return undefined;
  const say = problems[String(errorCodeOf(error))];
  return say !== undefined && "path" in error ? say(String(error.path)) : error.message;
}

/** What was asked of a file; undefined where there is no such file. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
