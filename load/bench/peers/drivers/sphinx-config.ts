import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PeerDocument } from "../peer.ts";

/** Where a `searchd` takes queries in SQL, and where from other `searchd`s. */
export type SphinxPorts = { sql: number; agent: number };

const host = "127.0.0.1";

/** Writes documents as Sphinx reads them: a number of its own, the text, then what is only shown. */
export async function writeSource(path: string, documents: readonly PeerDocument[]): Promise<void> {
  const flat = (text: string): string => text.replaceAll(/\s+/g, " ");
  const lines = documents.map(({ id, title, text }, i) => `${i + 1}\t${flat(text)}\t${id}\t${flat(title)}\n`);
  await writeFile(path, lines.join(""));
}

/** A `searchd` that holds one index for each source, by the source's name, with the English stemmer. */
export function holderConfig(directory: string, ports: SphinxPorts, sources: ReadonlyMap<string, string>): string {
  const indexes = [...sources].map(
    ([name, path]) => `
source ${name} {
  type = tsvpipe
  tsvpipe_command = cat ${path}
  tsvpipe_field = text
  tsvpipe_attr_string = name
  tsvpipe_attr_string = title
}
index ${name} {
  source = ${name}
  path = ${join(directory, name)}
  morphology = stem_en
}`,
  );
  return [...indexes, daemon(directory, ports)].join("\n");
}

/** A `searchd` that asks two agents, each half of the documents at the mirror that answers and answers soonest. */
export function frontConfig(directory: string, ports: SphinxPorts, mirrors: readonly SphinxPorts[]): string {
  const agents = ["half0", "half1"].map(
    (half) => `  agent = ${mirrors.map(({ agent }) => `${host}:${agent}:${half}`).join("|")}`,
  );
  const all = ["index corpus {", "  type = distributed", "  ha_strategy = nodeads", ...agents, "}"].join("\n");
  return [all, daemon(directory, ports)].join("\n");
}

function daemon(directory: string, { sql, agent }: SphinxPorts): string {
  return `
indexer {
  mem_limit = 256M
}
searchd {
  listen = ${host}:${sql}:mysql41
  listen = ${host}:${agent}
  log = ${join(directory, "searchd.log")}
  pid_file = ${join(directory, "searchd.pid")}
  workers = threads
  binlog_path =
}
`;
}
