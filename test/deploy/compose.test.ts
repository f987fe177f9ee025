import { describe, expect, it } from "vitest";
import { asList, asRecord } from "../../src/command/answers.ts";
import { readConfig } from "../../src/config.ts";
import { at, readYaml } from "./manifests.ts";

const compose = readYaml("docker-compose.yml");
const services = Object.entries(at(compose, "services")).map(([name, body]) => ({ name, body: asRecord(body) }));
const roles = services.filter(({ body }) => ["root", "leaf"].includes(String(asList(body.command)[0])));

/** A value as Compose passes it on where the caller has set nothing. */
function withDefaults(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
}

describe("docker-compose.yml", () => {
  it("runs two roots, and six leaves in two zones, each with settings that its role takes", () => {
    expect(roles).toHaveLength(8);
    for (const { name, body } of roles) {
      const role = asList(body.command)[0] === "root" ? "root" : "leaf";
      const variables = Object.entries(asRecord(body.environment)).map(([key, value]) => [
        key,
        withDefaults(String(value)),
      ]);
      const read = readConfig(role, [], Object.fromEntries(variables));
      expect(read, name).toMatchObject({ kind: "ok", config: { name, insecure: true } });
      if (read.kind !== "ok" || role !== "root") continue;
      const leaves = roles.filter((other) => other.name.startsWith("leaf-"));
      const told = leaves.map((leaf) => {
        const zone = String(asRecord(leaf.body.environment).HEDGEROW_ZONE);
        return { name: leaf.name, zone, url: `http://${leaf.name}:8080` };
      });
      expect(read.config.leafUrls).toEqual(told);
      expect(new Set(told.map(({ zone }) => zone)).size).toBe(2);
    }
  });

  it("tells chaos the same zones as the leaves", () => {
    for (const { name, body } of roles.filter((role) => role.name.startsWith("leaf-"))) {
      expect(asRecord(body.labels)["hedgerow.zone"], name).toBe(asRecord(body.environment).HEDGEROW_ZONE);
    }
  });

  it("publishes to this machine alone, and only what people open", () => {
    const published = services.filter(({ body }) => body.ports !== undefined);
    expect(published.map(({ name }) => name)).toEqual(["root-1", "root-2", "prometheus", "grafana"]);
    for (const port of published.flatMap(({ body }) => asList(body.ports)).map(String)) {
      expect(withDefaults(port)).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it("hardens every container, and checks none more often than every five seconds", () => {
    for (const { name, body } of services) {
      expect(body, name).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
      const { interval } = asRecord(body.healthcheck);
      if (interval !== undefined) expect(Number.parseInt(String(interval), 10), name).toBeGreaterThanOrEqual(5);
    }
  });
});
