import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafBytesLeast } from "../src/config/security-settings.ts";
import { flagsFor, helpText, readConfig, settingsTable } from "../src/config.ts";
import { createMemoryGuard } from "../src/leaf/memory.ts";

function problems(args: string[], env: Record<string, string> = {}): string[] {
  const read = readConfig("up", args, env);
  return read.kind === "invalid" ? read.problems : [];
}

describe("readConfig", () => {
  it("lets a flag win over its variable, and a variable over the default", () => {
    const read = readConfig("up", ["--port", "1"], { HEDGEROW_PORT: "2", HEDGEROW_BUDGET_MS: "99" });
    expect(read).toMatchObject({ kind: "ok", config: { port: 1, budgetMs: 99, leaves: 4, demo: true } });
  });

  it.each([
    [["--prot", "1"], "--prot", "--port"],
    [["--leafs", "3"], "--leafs", "--leaves"],
    [["--nodemo"], "--nodemo", "did you mean --no-demo?"],
    [["--port", "many"], "--port", "whole number"],
    [["--port", "70000"], "--port", "65535"],
    [["--port"], "--port", "value"],
    [["--no-port"], "--no-port", "switches"],
    [["--log-level", "loud"], "--log-level", "silent"],
    [["stray"], "stray", "flags"],
    [["--leaf-urls", "http://x:1"], "--leaf-urls", "hedgerow root"],
    [["--port", "0x10"], "--port", "whole number"],
    [["--port", "1e3"], "--port", "whole number"],
    [["--port", "-1"], "--port", "whole number"],
    [["--port="], "--port", "whole number"],
    [["--port", "1", "--port", "2"], "--port", "twice"],
    [["--demo", "--no-demo"], "--demo", "twice"],
    [["--no-demo=true"], "--no-demo", "no value"],
    [["--demo=perhaps"], "--demo", "true or false"],
    [["--host", "--port", "3"], "--host", "must follow"],
    [["--data="], "--data", "empty"],
    [["--window-max", "10001"], "--window-max", "10000"],
    [["--terms-max", "10001"], "--terms-max", "10000"],
  ])("refuses %j naming the flag and the fix", (args, flag, fix) => {
    const found = problems(args).join("\n");
    expect(found).toContain(flag);
    expect(found).toContain(fix);
  });

  it.each([
    ["leaf", "--join=foo", '--join: must be a list of http://host:port; "foo" is not one'],
    ["leaf", "--join=http://a:1,foo", '--join: must be a list of http://host:port; "foo" is not one'],
    ["leaf", "--advertise=foo", '--advertise: must be http://host:port, not "foo"'],
    ["root", "--leaf-urls=a=x", '--leaf-urls: must be a list of name@zone=http://host:port; "a=x" is not one'],
    ["root", "--leaf-urls=a=http://h:1,a=http://h:2", '--leaf-urls: must name each leaf once; "a" is there twice'],
    ["up", "--port=x", '--port: must be a whole number from 0 to 65535, not "x"'],
    ["up", "--demo=x", '--demo: must be true or false, not "x"'],
    ["up", "--log-level=x", '--log-level: must be one of silent, error, warn, info, debug, not "x"'],
    ["up", "--data=", "--data: must not be empty"],
  ] as const)("says once what was given to %s %s", (role, arg, problem) => {
    expect(readConfig(role, [arg], {})).toEqual({ kind: "invalid", problems: [problem] });
  });

  it("never shows the address of a change log, which may hold a password", () => {
    const found = problems(["--log", "nats://me:secret@h:1"]).join();
    expect(found).toContain("--log: must be embedded or a list of nats://");
    expect(found).not.toContain("me:secret");
  });

  it("refuses an unknown variable of ours, and no other program's", () => {
    expect(problems([], { HEDGEROW_PROT: "1", PATH: "/bin" }).join()).toContain("HEDGEROW_PORT");
    expect(
      problems([], { HEDGEROW_URL: "http://127.0.0.1:1", HEDGEROW_LEAF_URLS: "", HEDGEROW_INDEX: "t1", PORT: "x" }),
    ).toEqual([]);
  });

  it("names every problem at once, and each once", () => {
    expect(problems(["--host", "--port", "3"])).toEqual(["--host: a value must follow"]);
    expect(problems(["--port", "x", "--zones", "0"], { HEDGEROW_LEAVES: "-1" })).toHaveLength(3);
  });

  it("takes a variable that is set to nothing as not set", () => {
    expect(readConfig("up", [], { HEDGEROW_PORT: "", HEDGEROW_DATA: "" })).toMatchObject({
      kind: "ok",
      config: { port: 8080, data: ".hedgerow" },
    });
  });

  it("answers any arguments with settings or with problems, and never throws", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--port", "--no-demo", "--demo", "--", "-h", "--leaves=3", "7", "--no-", "-", "--=x"),
    );
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom("up", "root", "leaf"), (args, role) => {
        const read = readConfig(role, args, {});
        if (read.kind === "invalid") expect(read.problems.length).toBeGreaterThan(0);
      }),
      { seed: 17, numRuns: 2000 },
    );
  });

  it("reads back every setting that it shows as its default", () => {
    for (const [name, { default: value, roles }] of Object.entries(settingsTable)) {
      const text = String(value);
      if (text === "") continue;
      const variable = `HEDGEROW_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      for (const role of roles) {
        expect(readConfig(role, [], { [variable]: text })).toMatchObject({ kind: "ok", config: { [name]: value } });
      }
    }
  });

  it("gives help that shows every setting of the role and no other", () => {
    const text = helpText("leaf");
    expect(text).toContain(settingsTable.queueMax.reason);
    expect(text).not.toContain("--leaf-urls");
    expect(readConfig("leaf", ["--help"], {}).kind).toBe("help");
  });

  it("cannot be changed afterwards", () => {
    const read = readConfig("up", [], {});
    expect(read.kind === "ok" && Object.isFrozen(read.config)).toBe(true);
  });
});

describe("the leaves that a root is told of", () => {
  it("reads leaves with names and zones, each once", () => {
    const args = ["--leaf-urls", "a@north=http://127.0.0.1:1,b=http://127.0.0.1:2,http://127.0.0.1:3"];
    expect(readConfig("root", args, {})).toMatchObject({
      kind: "ok",
      config: {
        leafUrls: [
          { name: "a", zone: "north", url: "http://127.0.0.1:1" },
          { name: "b", url: "http://127.0.0.1:2" },
          { name: "127.0.0.1:3", url: "http://127.0.0.1:3" },
        ],
      },
    });
    expect(readConfig("root", ["--leaf-urls", "a=http://x:1,a=http://x:2"], {}).kind).toBe("invalid");
  });

  it.each([
    "a=nonsense",
    "a=ftp://x:1",
    "httpx://x:1",
    "a@=http://x:1",
    "@north=http://x:1",
    "a@b@c=http://x:1",
    "a=http://",
    "a=http://x:1/y",
    "a=http://x:1?y=z",
    "a=http://me@x:1",
  ])("refuses the leaf %s", (entry) => {
    const read = readConfig("root", ["--leaf-urls", `${entry},b=http://y:2`], {});
    expect(read.kind === "invalid" && read.problems.join()).toContain(`"${entry}" is not one`);
  });

  it("takes spaces after the commas of a list, and equals signs in a name", () => {
    expect(readConfig("root", ["--leaf-urls", "a=http://x:1, b=c=http://y:2"], {})).toMatchObject({
      config: {
        leafUrls: [
          { name: "a", url: "http://x:1" },
          { name: "b=c", url: "http://y:2" },
        ],
      },
    });
  });
});

describe("flagsFor", () => {
  it.each([
    ["root", ["--leaf-urls=a@north=http://h:1,b=http://h:2,http://h:3", "--insecure"]],
    ["leaf", ["--name=--odd=", "--join=http://r:1,http://r:2", "--drain-ms=0", "--log-level=debug"]],
    ["up", ["--no-demo", "--log=nats://me@h:1", "--memory-bytes-max=1073741824"]],
  ] as const)("gives a %s what it was read from, or what says the same", (role, args) => {
    const read = readConfig(role, args, {});
    if (read.kind !== "ok") throw new Error(JSON.stringify(read));
    const flags = flagsFor(role, read.config);
    expect(flags).toHaveLength(args.length);
    expect(readConfig(role, flags, {})).toEqual(read);
  });

  it("says nothing where all is as it would be without", () => {
    const read = readConfig("root", ["--port", "8080"], {});
    expect(read.kind === "ok" && flagsFor("root", read.config)).toEqual([]);
  });
});

describe("a setting that needs another", () => {
  const noUser =
    "--log-password-file: must be given with --log nats://user@host:port, which names the user that it is for";

  it.each([
    [
      "up",
      ["--log-replicas", "3"],
      "--log-replicas: the embedded log keeps one copy; more are for --log nats://host:port",
    ],
    ["root", ["--log-monitor", "http://h:1"], "--log-monitor: must be given with --log nats://host:port alone"],
    [
      "up",
      ["--accept-unsynced-log"],
      "--accept-unsynced-log: the embedded log syncs each write; this is for --log nats://host:port alone",
    ],
    ...(["--log-ca", "--log-cert", "--log-key"] as const).map(
      (flag) =>
        [
          "root",
          [flag, "some.pem"],
          `${flag}: the embedded log is on no network; certificates are for --log tls://host:port alone`,
        ] as const,
    ),
    ["up", ["--log-password-file", "secret"], noUser],
    ["leaf", ["--advertise", "http://h:1"], "--advertise: must be given with --join alone, which tells it to roots"],
    ["leaf", ["--drain-ms", "0"], "--drain-ms: must be given with --join alone: other leaves end without waiting"],
  ] as const)("refuses to %s %j, which would do nothing", (role, args, problem) => {
    expect(readConfig(role, args, {})).toEqual({ kind: "invalid", problems: [problem] });
    const beside = role === "leaf" ? ["--join", "http://r:1"] : ["--log", "nats://some@h:1"];
    expect(readConfig(role, [...args, ...beside], {}).kind).toBe("ok");
    const [flag, text = "true"] = args;
    const variable = `HEDGEROW_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
    const named = { kind: "invalid", problems: [expect.stringContaining(`${variable}: `)] };
    expect(readConfig(role, [], { [variable]: text })).toEqual(named);
  });

  it("refuses a limit of deletes where the log keeps all", () => {
    const problem = "--deletes-kept: is for the embedded log alone; one on NATS keeps all deletes";
    const args = ["--log", "nats://h:1", "--deletes-kept", "5"];
    expect(readConfig("root", args, {})).toEqual({ kind: "invalid", problems: [problem] });
    expect(readConfig("root", ["--deletes-kept", "5"], {}).kind).toBe("ok");
  });

  it("refuses the password of a log's user where the address names none", () => {
    const given = readConfig("root", ["--log", "nats://h:1", "--log-password-file", "secret"], {});
    expect(given).toEqual({ kind: "invalid", problems: [noUser] });
  });

  it("refuses to a leaf that joins no root a key's flag, and not its variable, which is for other commands as well", () => {
    const problem = "--key-file: must be given with --join alone: its token is for the roots that the leaf joins";
    expect(readConfig("leaf", ["--key-file", "a"], {})).toEqual({ kind: "invalid", problems: [problem] });
    expect(readConfig("leaf", [], { HEDGEROW_KEY_FILE: "a" }).kind).toBe("ok");
    expect(readConfig("leaf", ["--key-file", "a", "--join", "http://r:1"], {}).kind).toBe("ok");
  });

  it("passes over what only another role could do nothing with", () => {
    const env = { HEDGEROW_LOG_REPLICAS: "3", HEDGEROW_DRAIN_MS: "0" };
    expect(readConfig("leaf", ["--join", "http://r:1"], env).kind).toBe("ok");
    expect(readConfig("up", ["--log", "nats://h:1"], env).kind).toBe("ok");
  });
});

describe("the least memory of a leaf", () => {
  it("is said to whom gives less", () => {
    const range = "a whole number that is 0, or from 134217728 to 9007199254740991";
    const problems = [`--memory-bytes-max: must be ${range}, not "1"`];
    expect(readConfig("leaf", ["--memory-bytes-max=1"], {})).toEqual({ kind: "invalid", problems });
  });

  it("lets it take documents, and 0 stands for the machine's", () => {
    expect(createMemoryGuard(leafBytesLeast, () => []).problem(1024 * 1024)).toBeUndefined();
    for (const bytes of [0, leafBytesLeast]) {
      expect(readConfig("leaf", ["--memory-bytes-max", String(bytes)], {}).kind).toBe("ok");
    }
  });
});
