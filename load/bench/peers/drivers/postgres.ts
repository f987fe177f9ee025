import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import postgresClient from "postgres";
import { freePort } from "../../../driver/free-port.ts";
import { runProgram, startProgram, type User } from "../child.ts";
import { type PeerDocument, type PeerKind, wordsOf } from "../peer.ts";

const name = "PostgreSQL GIN";
const installed = "/usr/lib/postgresql";
const connections = 16;
const batchDocuments = 5_000;
const owner = "bench";

/** PostgreSQL's full text search: a stored `tsvector` with a GIN index, ranked by `ts_rank`. */
export const postgres: PeerKind = {
  name,
  missing() {
    if (programs() === undefined) return "apt-get install postgresql";
    return isRoot() && serverUser() === undefined ? "a user named postgres, since it does not run as root" : undefined;
  },
  async start({ documents, directory }) {
    const port = await freePort();
    const server = await startServer(directory, port);
    const sql = postgresClient({ ...addressOf(port), max: connections });
    await fill(sql, documents);
    return {
      name,
      pids: [server.pid],
      mirrorPids: [],
      async search(query, size) {
        const wanted = wordsOf(query).join(" | ");
        const rows = await sql`
          select id, title, ts_rank(vector, wanted) as score
          from documents, to_tsquery('english', ${wanted}) as wanted
          where vector @@ wanted order by score desc limit ${size}`;
        const hits = rows.map(({ id, title, score }) => {
          return { id: String(id), score: Number(score), title: String(title) };
        });
        return { hits, complete: true };
      },
      async stop() {
        await sql.end({ timeout: 1 });
        await server.stop("SIGINT");
      },
    };
  },
};

type Client = ReturnType<typeof postgresClient>;

function addressOf(port: number) {
  return { host: "127.0.0.1", port, user: owner, database: "postgres", onnotice: () => undefined };
}

async function startServer(directory: string, port: number) {
  const user = isRoot() ? serverUser() : undefined;
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const bin = programs() ?? "";
  const data = join(directory, "data");
  await runProgram(
    join(bin, "initdb"),
    ["-D", data, "-U", owner, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
    user,
  );
  const settings = ["listen_addresses=127.0.0.1", "shared_buffers=512MB", "jit=off", "log_min_messages=fatal"];
  const command = [join(bin, "postgres"), "-D", data, "-k", directory, "-p", String(port)];
  return startProgram([...command, ...settings.flatMap((setting) => ["-c", setting])], {
    user,
    async answers() {
      const sql = postgresClient({ ...addressOf(port), max: 1 });
      try {
        await sql`select 1`;
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  });
}

async function fill(sql: Client, documents: readonly PeerDocument[]): Promise<void> {
  await sql`create table documents (id text primary key, title text, text text,
    vector tsvector generated always as (to_tsvector('english', text)) stored)`;
  for (let from = 0; from < documents.length; from += batchDocuments) {
    const rows = documents.slice(from, from + batchDocuments);
    await sql`insert into documents ${sql(rows, "id", "title", "text")}`;
  }
  await sql`create index on documents using gin (vector)`;
  await sql`vacuum analyze documents`;
}

/** Where the newest version's programs are. */
function programs(): string | undefined {
  if (!existsSync(installed)) return undefined;
  const versions = readdirSync(installed).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(installed, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function serverUser(): User | undefined {
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { stdio: "pipe" }).toString());
  try {
    return { uid: idOf("-u"), gid: idOf("-g") };
  } catch {
    return undefined;
  }
}
