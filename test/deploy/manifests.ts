import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { asRecord } from "../../src/command/answers.ts";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
export const folder = join(repository, "deploy/kubernetes");

/** A Kubernetes object as it stands in a file. */
export type Manifest = { file: string; apiVersion: string; kind: string; name: string; body: Record<string, unknown> };

/** Files of the folder that are no objects of a cluster. */
const beside = ["kustomization.yaml", "adapter-rules.yaml"];

export function manifestFiles(): string[] {
  return readdirSync(folder).filter((file) => file.endsWith(".yaml") && !beside.includes(file));
}

/** Every object of the folder. */
export function readManifests(): Manifest[] {
  return manifestFiles().flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), "utf8")).map((document) => {
      const body = asRecord(document.toJS());
      const { apiVersion, kind, metadata } = body;
      return { file, apiVersion: String(apiVersion), kind: String(kind), name: String(asRecord(metadata).name), body };
    }),
  );
}

/** A YAML file of the repository. */
export function readYaml(path: string): Record<string, unknown> {
  return asRecord(parse(readFileSync(join(repository, path), "utf8"), { merge: true }));
}

/** What stands at a path such as `spec.template.spec` in an object; an empty record where nothing does. */
export function at(value: unknown, path: string): Record<string, unknown> {
  return path.split(".").reduce((found, key) => asRecord(found[key]), asRecord(value));
}
