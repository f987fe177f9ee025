import type { DirectoryOutcome, DirectoryOwner } from "./data-directory.ts";

/** What a command may touch of the process that runs it, so that tests can stand in for a terminal. */
export type CommandIo = {
  /** Writes what was asked for. `text` carries its own line ends. */
  stdout(text: string): void;
  /** Writes what is said beside it: progress, warnings, errors. */
  stderr(text: string): void;
  /** Whether somebody watches stderr live, where words can be taken back; progress is drawn only then. */
  isTerminal: boolean;
  env: Readonly<Record<string, string | undefined>>;
};

/** What a process that serves may touch beside that. */
export type ServiceIo = CommandIo & {
  /** Resolves when it is to drain and end. */
  stopped: Promise<void>;
  /** Says where it listens: to the process that started it where that waits for word, and to people otherwise. */
  tellListening(at: { role: string; url: string }): void;
  /** Takes a directory for this process alone. */
  askForDirectory(path: string, owner: DirectoryOwner): Promise<DirectoryOutcome>;
};
