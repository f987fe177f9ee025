import { describe, expect, it } from "vitest";
import { leafFlags, rootFlags } from "../../src/command/local-roles.ts";
import { leafBytesLeast } from "../../src/config/security-settings.ts";
import { type Config, type Role, readConfig, settingsTable, variableOf } from "../../src/config.ts";

type Name = keyof Config;

/** What each role is given of its own, whatever `up` is told. */
const own: Record<"root" | "leaf", Name[]> = {
  root: ["name", "leafUrls"],
  leaf: ["name", "zone", "data", "host", "port", "insecure"],
};
const urls = ["http://127.0.0.1:4001", "http://127.0.0.1:4002", "http://127.0.0.1:4003"];
const onNats = { HEDGEROW_LOG: "nats://some@h:4222" };

function read(role: Role, args: string[], env: Record<string, string> = {}): Config {
  const result = readConfig(role, args, env);
  if (result.kind !== "ok") throw new Error(`${role} ${args.join(" ")}: ${JSON.stringify(result)}`);
  return result.config;
}

const flagsOf = { root: (up: Config) => rootFlags(up, urls), leaf: (up: Config) => leafFlags(up, 1) };

/** The settings of `up`, one of them not at its default, with whatever it needs beside it. */
function given(name: Name): Config {
  const { kind, default: value } = settingsTable[name];
  const integer = name === "memoryBytesMax" ? 2 ** 30 : Number(value) > 1 ? Number(value) - 1 : Number(value) + 1;
  const texts: Record<string, string> = {
    ...{ boolean: String(value !== true), integer: String(integer) },
    ...{ text: "--some,thing=else", level: "debug", log: "tls://some@h:1" },
  };
  const text = texts[kind] ?? "";
  const env = { [variableOf(name)]: text };
  const alone = readConfig("up", [], env);
  return alone.kind === "ok" ? alone.config : read("up", [], { ...onNats, ...env });
}

const shared = (["root", "leaf"] as const).flatMap((role) =>
  Object.entries(settingsTable)
    .filter(([, { roles }]) => [role, "up"].every((each) => roles.some((other) => other === each)))
    .flatMap(([name]) => (isName(name) && !own[role].includes(name) ? [{ role, name }] : [])),
);

function isName(name: string): name is Name {
  return name in settingsTable;
}

describe("what up tells its root and its leaves", () => {
  it.each(shared)("is to the $role the $name that it was told", ({ role, name }) => {
    const up = given(name);
    expect(up[name]).not.toEqual(settingsTable[name].default);
    expect(read(role, flagsOf[role](up))[name]).toEqual(up[name]);
  });

  it("is all that the two have in common, and for each who it is and where", () => {
    const up = read("up", ["--data", "d", "--zones", "2", "--host", "0.0.0.0", "--insecure", "--port", "0"]);
    expect(flagsOf.root(up)).toEqual([
      ...["--port=0", "--host=0.0.0.0", "--data=d", "--name=root"],
      `--leaf-urls=leaf-1@zone-a=${urls[0]},leaf-2@zone-b=${urls[1]},leaf-3@zone-a=${urls[2]}`,
      "--insecure",
    ]);
    const leaf = read("leaf", leafFlags(up, 1));
    const { name, zone, data, host, port, insecure } = leaf;
    const where = { name: "leaf-2", zone: "zone-b", data: "d/leaf-2", host: "127.0.0.1", port: 0, insecure: false };
    expect({ name, zone, data, host, port, insecure }).toEqual(where);
  });

  it("is no secret's file, and no certificate, that is not for them", () => {
    const up = read("up", [], { HEDGEROW_KEY_FILE: "k", HEDGEROW_JOIN: "http://r:1", HEDGEROW_LINK_CERT: "c" });
    expect(flagsOf.root(up).join()).not.toMatch(/key|link/);
    expect(flagsOf.leaf(up).join()).not.toMatch(/key|link|join/);
  });

  it("keeps the port of one that starts again, also where a URL leaves it out", () => {
    const free = read("up", ["--port", "0"]);
    expect(rootFlags(free, urls)).toContain("--port=0");
    expect(rootFlags(free, urls, "http://127.0.0.1:4321")).toContain("--port=4321");
    expect(leafFlags(free, 0, "http://127.0.0.1:4321")).toContain("--port=4321");
    expect(rootFlags(read("up", ["--port", "443"]), urls, "https://127.0.0.1")).toContain("--port=443");
  });

  it("lets no leaf have less memory than it takes documents with", () => {
    const up = { ...read("up", []), leaves: 1_000_000 };
    expect(read("leaf", leafFlags(up, 0)).memoryBytesMax).toBe(leafBytesLeast);
  });
});
