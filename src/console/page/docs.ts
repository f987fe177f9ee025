import { ask } from "./api.ts";
import { type ApiDescription, type ApiOperation, curlText, exampleRequests, type Media } from "./description.ts";
import { find, make } from "./dom.ts";
import { type SchemaPart, schemaRows, typeText } from "./schema-rows.ts";
import { startTheme } from "./theme.ts";

type Placed = { method: string; path: string; operation: ApiOperation };

/** Draws the API's description: every operation with what it takes, answers and refuses, and examples to copy. */
async function start(): Promise<void> {
  const description = await ask<ApiDescription>("/openapi.json");
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = description.tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  find("about", HTMLParagraphElement).textContent = description.info.description;
  find("contents", HTMLElement).append(
    ...groups.flatMap((group) => [
      make("h2", {}, [group.description]),
      make("ul", {}, group.operations.map(contentsLine)),
    ]),
    make("h2", {}, ["Schemas"]),
    make(
      "ul",
      {},
      Object.keys(description.components.schemas).map((name) =>
        make("li", {}, [make("a", { href: `#schema-${name}` }, [name])]),
      ),
    ),
  );
  find("operations", HTMLDivElement).append(
    ...groups.flatMap((group) => group.operations.map(operationSection)),
    ...Object.entries(description.components.schemas).map(([name, schema]) =>
      make("section", { class: "operation", id: `schema-${name}` }, [make("h2", {}, [name]), schemaTable(schema)]),
    ),
  );
  // The place that the address names was not there when the page came.
  if (location.hash !== "") document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function contentsLine({ method, operation }: Placed): HTMLElement {
  return make("li", {}, [
    make("a", { href: `#${operation.operationId}` }, [operation.summary]),
    " ",
    make("span", { class: "faint" }, [method.toUpperCase()]),
  ]);
}

function operationSection({ method, path, operation }: Placed): HTMLElement {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const examples = exampleRequests(method, path, operation);
  const rows = parameters.map(({ name, in: place, required, schema, description: meaning }) => {
    return [`${name}${required === true ? " *" : ""}`, place, typeText(schema), meaning];
  });
  return make("section", { class: "operation", id: operationId, "aria-labelledby": `${operationId}-title` }, [
    make("h2", { id: `${operationId}-title` }, [summary]),
    make("p", { class: "signature" }, [
      make("span", { class: `method method-${method}` }, [method.toUpperCase()]),
      make("code", {}, [path]),
    ]),
    ...(description === undefined ? [] : [make("p", {}, withCode(description))]),
    ...(rows.length === 0 ? [] : [table("Parameters", ["Name", "Where", "Takes", "Meaning"], rows)]),
    ...Object.entries(requestBody?.content ?? {}).flatMap(([type, media]) => mediaParts(`Body, ${type}`, media)),
    ...examples.flatMap(({ summary: title, request }) => [
      make("h3", {}, [title === "" ? "Example" : title]),
      make("pre", { tabindex: 0 }, [make("code", {}, [curlText(location.origin, request)])]),
    ]),
    table("Answers", ["Status", "Meaning", "Body"], Object.entries(responses).map(answerRow)),
  ]);
}

function answerRow([status, { description, content = {} }]: [string, ApiOperation["responses"][string]]): Cell[] {
  const bodies = Object.entries(content).map(([type, { schema }]) => {
    const name = schema?.$ref === undefined ? undefined : typeText(schema);
    return name === undefined ? type : make("a", { href: `#schema-${name}` }, [name]);
  });
  return [status, make("span", {}, withCode(description)), bodies[0] ?? "none"];
}

function mediaParts(title: string, { schema }: Media): HTMLElement[] {
  if (schema === undefined) return [];
  return [make("h3", {}, [title]), schemaTable(schema)];
}

function schemaTable(schema: SchemaPart): HTMLElement {
  const rows = schemaRows(schema);
  if (rows.length === 0) return make("p", { class: "faint" }, [schema.description ?? typeText(schema)]);
  return table(
    "",
    ["Name", "Takes", "Meaning"],
    rows.map(({ depth, name, isRequired, type, description }) => [
      make("span", { class: `depth-${Math.min(depth, 4)}` }, [`${name}${isRequired ? " *" : ""}`]),
      type,
      make("span", {}, withCode(description)),
    ]),
  );
}

/** A text whose names of things, between backticks, are set apart. */
function withCode(text: string): (Node | string)[] {
  return text.split("`").map((piece, i) => (i % 2 === 1 ? make("code", {}, [piece]) : piece));
}

type Cell = string | HTMLElement;

/** A table whose rows begin with a name. */
function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  const head = make(
    "tr",
    {},
    heads.map((text) => make("th", { scope: "col" }, [text])),
  );
  const body = rows.map(([name = "", ...cells]) =>
    make("tr", {}, [
      make("th", { scope: "row" }, [typeof name === "string" ? make("code", {}, [name]) : name]),
      ...cells.map((cell) => make("td", {}, [cell])),
    ]),
  );
  const title = caption === "" ? [] : [make("caption", {}, [caption])];
  return make("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": caption || "Schema" }, [
    make("table", { class: "reference" }, [...title, make("thead", {}, [head]), make("tbody", {}, body)]),
  ]);
}

startTheme(() => {});
start().catch((error: unknown) => {
  find("about", HTMLParagraphElement).textContent = `The description cannot be read: ${String(error)}`;
});
