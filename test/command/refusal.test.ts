import { describe, expect, it } from "vitest";
import { type Asking, describeRefusal } from "../../src/command/refusal.ts";

const asking: Asking = {
  flags: { sort: { kind: "list", reason: "" }, minCoverage: { kind: "number", reason: "" } },
  url: "http://h:1/v1",
  hasKey: false,
};

/** What a person reads where a service answers this. */
function said(status: number, body: unknown, given: Partial<Asking> = {}): string {
  return describeRefusal({ status, retryAfterS: undefined, body }, { ...asking, ...given });
}

const misfit = (...errors: { path: string; detail: string }[]) => ({
  code: "invalid_request",
  detail: errors.map(({ path, detail }) => `${path} ${detail}`).join("; "),
  errors,
});

describe("a refusal", () => {
  it("names the flags that a request was made of, and no place in its body", () => {
    const sort = { path: "/sort/0", detail: '"x" is no field of this index' };
    const coverage = { path: "/minCoverage", detail: "must be at most 1" };
    expect(said(400, misfit(sort))).toBe('invalid_request: --sort: "x" is no field of this index');
    expect(said(400, misfit(sort, coverage))).toBe(
      'invalid_request: --sort: "x" is no field of this index\n  --min-coverage: must be at most 1',
    );
  });

  it("is left as it is where a place is of no flag, such as in a file of settings", () => {
    const type = { path: "/fields/title/type", detail: "must be one of text, keyword" };
    expect(said(400, misfit(type))).toBe("invalid_request: /fields/title/type must be one of text, keyword");
    const whole = { path: "", detail: "must be an object" };
    expect(said(400, misfit(whole))).toContain("must be an object");
    expect(said(404, { code: "index_not_found", detail: "there is none" })).toBe("index_not_found: there is none");
  });

  it("says how a key is presented where none was", () => {
    const body = { code: "unauthenticated", detail: "send a key: Authorization: Bearer <token>" };
    expect(said(401, body)).toBe(
      "unauthenticated: a key is needed; --key-file or HEDGEROW_KEY_FILE names a file with its token",
    );
    const unknown = { code: "unauthenticated", detail: "the key that was sent is not known here" };
    expect(said(401, unknown, { hasKey: true })).toBe("unauthenticated: the key that was sent is not known here");
  });

  it("says of an address that it is none of a root, rather than what was asked for there", () => {
    const nothing = { code: "not_found", detail: "there is nothing at POST /v1/v1/indexes/demo/search" };
    expect(said(404, nothing)).toBe(
      "http://h:1/v1 is no root's address, such as http://127.0.0.1:8080, without a path",
    );
    for (const body of ["<html>", "", {}]) {
      expect(said(404, body)).toBe(
        "no Hedgerow service answered at http://h:1/v1, but something else, with status 404",
      );
    }
  });
});
