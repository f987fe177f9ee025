import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createConnection, createPool, type Pool, type PoolConnection, type RowDataPacket } from "mysql2/promise";
import { systemClock } from "../../../../src/time.ts";
import { freePort } from "../../../driver/free-port.ts";
import { isInstalled, type Program, runProgram, startProgram } from "../child.ts";
import { type Ground, type Peer, type PeerAnswer, type PeerKind, wordsOf } from "../peer.ts";
import { frontConfig, holderConfig, type SphinxPorts, writeSource } from "./sphinx-config.ts";

const connections = 16;
/** No agent that fails does so sooner; which ones did is a question of its own, not asked about every query. */
const suspiciousMs = 500;

/** Sphinx with one index in one `searchd`, ranked as it does where nothing else is said. */
export const sphinx: PeerKind = {
  name: "Sphinx, one index",
  missing,
  async start({ documents, directory }) {
    const source = join(directory, "documents.tsv");
    await writeSource(source, documents);
    const ports = await freePorts();
    const config = holderConfig(directory, ports, new Map([["corpus", source]]));
    const holder = await startDaemon({ directory, ports, config });
    return sphinxPeer(this.name, { front: ports, programs: [holder], mirrors: [] });
  },
};

/** Sphinx as it is distributed: two agents, each with half of the documents, and a mirror of both. */
export const mirroredSphinx: PeerKind = {
  name: "Sphinx, 2 agents, mirrored",
  missing,
  async start(ground) {
    const halves = await writeHalves(ground);
    const programs: Program[] = [];
    const mirrors: SphinxPorts[] = [];
    for (const mirror of ["mirror0", "mirror1"]) {
      const directory = join(ground.directory, mirror);
      const ports = await freePorts();
      const config = holderConfig(directory, ports, halves);
      programs.push(await startDaemon({ directory, ports, config }));
      mirrors.push(ports);
    }
    const directory = join(ground.directory, "front");
    const front = await freePorts();
    const config = frontConfig(directory, front, mirrors);
    const asking = await startDaemon({ directory, ports: front, config, holds: false });
    return sphinxPeer(this.name, { front, programs: [asking, ...programs], mirrors: programs });
  },
};

function missing(): string | undefined {
  return isInstalled("searchd") && isInstalled("indexer") ? undefined : "apt-get install sphinxsearch";
}

async function writeHalves({ documents, directory }: Ground): Promise<Map<string, string>> {
  const halves = [0, 1].map((half) => ({ name: `half${half}`, path: join(directory, `half${half}.tsv`) }));
  for (const [half, { path }] of halves.entries()) {
    await writeSource(
      path,
      documents.filter((_, i) => i % 2 === half),
    );
  }
  return new Map(halves.map(({ name, path }) => [name, path]));
}

async function freePorts(): Promise<SphinxPorts> {
  return { sql: await freePort(), agent: await freePort() };
}

type Daemon = { directory: string; ports: SphinxPorts; config: string; holds?: boolean };

/** Writes the configuration, indexes what there is to index, and starts a `searchd`. */
async function startDaemon({ directory, ports, config, holds = true }: Daemon): Promise<Program> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, "sphinx.conf");
  await writeFile(path, config);
  if (holds) await runProgram("indexer", ["--config", path, "--all", "--quiet"]);
  return startProgram(["searchd", "--config", path, "--nodetach"], {
    async answers() {
      const connection = await createConnection({ host: "127.0.0.1", port: ports.sql });
      connection.destroy();
    },
  });
}

type Running = { front: SphinxPorts; programs: readonly Program[]; mirrors: readonly Program[] };

function sphinxPeer(name: string, { front, programs, mirrors }: Running): Peer {
  const pool = createPool({ host: "127.0.0.1", port: front.sql, connectionLimit: connections });
  return {
    name,
    pids: programs.map(({ pid }) => pid),
    mirrorPids: mirrors.map(({ pid }) => pid),
    search: (query, size) => search(pool, wordsOf(query), size),
    async stop() {
      await pool.end();
      await Promise.all(programs.map((program) => program.stop("SIGTERM")));
    },
  };
}

async function search(pool: Pool, words: readonly string[], size: number): Promise<PeerAnswer> {
  if (words.length === 0) return { hits: [], complete: true };
  const connection = await pool.getConnection();
  try {
    const startMs = systemClock.nowMs();
    const found = `select name, title, weight() as score from corpus where match('${words.join(" | ")}') limit ${size}`;
    const [rows] = await connection.query<RowDataPacket[]>(found);
    const isSuspicious = systemClock.nowMs() - startMs > suspiciousMs;
    const hits = rows.map(({ name, title, score }) => {
      return { id: String(name), score: Number(score), title: String(title) };
    });
    return { hits, complete: !isSuspicious || !(await hasWarnings(connection)) };
  } finally {
    connection.release();
  }
}

/** Sphinx answers without the agents that failed, and says which only where it is asked. */
async function hasWarnings(connection: PoolConnection): Promise<boolean> {
  const [warnings] = await connection.query<RowDataPacket[]>("show warnings");
  return warnings.length > 0;
}
