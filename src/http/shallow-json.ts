import { readJsonBody } from "../protocol/json-body.ts";
import type { App } from "./app.ts";

/** Takes JSON of requests and nothing else, a body that is empty as none at all. */
export function readShallowJson(app: App): void {
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, readJsonBody(Buffer.isBuffer(body) ? body : Buffer.from(body)));
  });
}
