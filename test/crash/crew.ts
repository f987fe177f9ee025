import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../load/driver/free-port.ts";
import { startLogServers } from "./log-servers.ts";
import { hedgerowProgram, type Program } from "./program.ts";

/** Without servers the log is the one that the root has embedded. */
export type CrewShape = { logServers: number; roots: number; leaves: number; deletesKept: number };

/** A cluster role by role, each a process that can be killed by itself. */
export type Crew = {
  roots: Program[];
  leaves: Program[];
  /** Everything that may be killed, the log's server with it. */
  programs: Program[];
  /** The flags by which another root comes to the same log. */
  logFlags: string[];
  /** Where the roots keep their things. */
  rootData: string;
  directory: string;
  startAll(): Promise<void>;
  killAll(): Promise<void>;
  /** Kills everything and removes its files. */
  remove(): Promise<void>;
};

/** Lays out a cluster and starts it; `prepare` may put something below its directory first. */
export async function startCrew(
  { logServers, roots, leaves, deletesKept }: CrewShape,
  prepare: (directory: string) => void = () => undefined,
): Promise<Crew> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-crash-"));
  prepare(directory);
  const servers = logServers === 0 ? undefined : await startLogServers(directory, logServers);
  const logFlags = servers?.flags ?? [];
  const make = async (role: "root" | "leaf", name: string, flags: string[]): Promise<Program> => {
    const port = await freePort();
    const own = ["--data", join(directory, name), "--log-level", "warn", ...flags];
    return hedgerowProgram({ role, name, port, flags: own, logFile: join(directory, `${name}.log`) });
  };
  const rootFlags = servers === undefined ? ["--deletes-kept", String(deletesKept)] : logFlags;
  const leafPrograms: Program[] = [];
  for (let i = 1; i <= leaves; i++) leafPrograms.push(await make("leaf", `leaf-${i}`, []));
  const leafUrls = leafPrograms.map(({ name, url }) => `${name}=${url}`).join(",");
  const rootPrograms: Program[] = [];
  for (let i = 1; i <= roots; i++) {
    rootPrograms.push(await make("root", `root-${i}`, ["--leaf-urls", leafUrls, ...rootFlags]));
  }
  const programs = [...leafPrograms, ...rootPrograms, ...(servers?.programs ?? [])];
  const crew: Crew = {
    roots: rootPrograms,
    leaves: leafPrograms,
    programs,
    logFlags,
    rootData: join(directory, "root-1"),
    directory,
    startAll: async () => void (await Promise.all([...leafPrograms, ...rootPrograms].map((one) => one.start()))),
    killAll: async () => void (await Promise.all(programs.map((one) => one.kill()))),
    async remove() {
      await crew.killAll();
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await crew.startAll();
  } catch (error) {
    await crew.remove();
    throw error;
  }
  return crew;
}
