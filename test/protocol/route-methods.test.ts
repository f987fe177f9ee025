import { describe, expect, it } from "vitest";
import { RouteMethods } from "../../src/protocol/route-methods.ts";
import { routeNeeds } from "../../src/root/needs.ts";

const routes = new RouteMethods();
for (const route of Object.keys(routeNeeds)) routes.add(route.split(" ")[0] ?? "", route.split(" ")[1] ?? "");
routes.add(["GET", "HEAD"], "/docs");

describe("an address that no route took by this method", () => {
  it.each([
    ["/", "GET"],
    ["/docs?x=1", "GET, HEAD"],
    ["/assets/console/page/main.js", "GET"],
    ["/v1/indexes", "GET"],
    ["/v1/indexes/", "GET"],
    ["/v1/indexes/books", "DELETE, GET, PUT"],
    ["/v1/indexes/search", "DELETE, GET, PUT"],
    ["/v1/indexes/books/search?q=/v1/x", "GET, POST"],
    ["/v1/indexes/books/documents/a%2Fb", "DELETE, GET, PUT"],
  ])("is told what it takes: %s", (address, allow) => {
    const { error, headers } = routes.refusalOf("PATCH", address);
    expect([error.code, headers]).toEqual(["method_not_allowed", { allow }]);
    expect(error.message).toContain(`takes ${allow}, not PATCH`);
  });

  it.each(["/nothing", "/v1", "//", "/v1/indexes//search", "/v1/indexes/a/b/c/d", "/assets", "*", ""])(
    "is nothing where no method is taken: %s",
    (address) => expect(routes.refusalOf("GET", address)).toMatchObject({ error: { code: "not_found" }, headers: {} }),
  );
});
