import type { Timers } from "../../time.ts";
import type { IndexAnswer, IndexField, SearchAnswer } from "./answers.ts";
import { ApiFailure, ask } from "./api.ts";
import { type Choices, filterOf, toggleChoice } from "./choices.ts";
import { find, make, refill } from "./dom.ts";
import { facetGroups } from "./facet-list.ts";
import { counted, durationText } from "./figures.ts";
import { hitItems } from "./hits.ts";
import { Latest } from "./latest.ts";
import { waterfallOf } from "./waterfall.ts";

const typingDelayMs = 120;
/** What takes longer is said to be under way, lest the answer of before be taken for its own. */
const noticeableMs = 700;
const pageSize = 10;
const facetFieldsMax = 2;
const facetSize = 8;

/** What the pane tells the rest of the page. */
export type SearchPaneOptions = {
  timers: Timers;
  onFailure(error: unknown): void;
  /** An answer came: whatever was complained of is over. */
  onAnswer(): void;
};

/** A search as it was sent; `path` names its index. */
type Asked = { path: string; body: Record<string, unknown> };

/** Searching as it is typed: hits, facets, and the way of each query. */
export class SearchPane {
  readonly #options: SearchPaneOptions;
  readonly #latest: Latest;
  readonly #choices: Choices = new Map();
  readonly #query = find("query", HTMLInputElement);
  readonly #index = find("index", HTMLSelectElement);
  readonly #budget = find("budget", HTMLSelectElement);
  readonly #match = find("match", HTMLSelectElement);
  readonly #more = find("more", HTMLButtonElement);
  #indexes: IndexAnswer[] = [];
  /** The root could not be reached the last time. */
  #isCutOff = false;
  /** The address of the last search that was sent, or gone back to. */
  #sent = "";
  #cursor: string | undefined;
  /** What the hits that stand there answer: their next page is asked for in the same words, whatever the form says by then. */
  #shown: Asked | undefined;

  constructor(options: SearchPaneOptions) {
    this.#options = options;
    this.#latest = new Latest(options.timers);
    const form = find("search-form", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search({ isFinished: true });
    });
    this.#query.addEventListener("input", () => this.search({ delayMs: typingDelayMs }));
    for (const select of [this.#budget, this.#match]) select.addEventListener("change", () => this.search({}));
    this.#index.addEventListener("change", () => {
      this.#choices.clear();
      this.search({});
    });
    this.#more.addEventListener("click", () => this.#searchOn());
    this.#startWaterfallButton();
  }

  /** Reads which indexes there are, and searches the first; or the one that the address names, whether there is one or not. */
  async start(address: URLSearchParams): Promise<void> {
    const { indexes } = await ask<{ indexes: IndexAnswer[] }>("/v1/indexes");
    this.#indexes = indexes;
    const names = indexes.map(({ index }) => index);
    this.#index.replaceChildren(...names.map((name) => make("option", { value: name }, [name])));
    if (this.#query.value === "") this.#query.value = address.get("q") ?? "";
    this.#choose(address);
    if (this.#index.value === "") {
      this.#say("There is no index yet: create one with PUT /v1/indexes/{index}.");
      return;
    }
    this.search({});
  }

  /** Searches again for what an address of before names. */
  goBack(address: URLSearchParams): void {
    this.#query.value = address.get("q") ?? "";
    this.#choices.clear();
    this.#choose(address);
    this.#sent = location.hash;
    this.search({});
  }

  /** Tries again, where the root could not be reached the last time. */
  async recover(address: URLSearchParams): Promise<void> {
    if (!this.#isCutOff) return;
    if (this.#indexes.length === 0) await this.start(address);
    else this.search({});
  }

  #choose(address: URLSearchParams): void {
    const named = address.get("index") ?? "";
    const options = [...this.#index.options].map(({ value }) => value);
    if (named !== "" && !options.includes(named)) this.#index.append(make("option", { value: named }, [named]));
    if (named !== "") this.#index.value = named;
    const budget = address.get("budget") ?? "";
    if ([...this.#budget.options].some(({ value }) => value === budget)) this.#budget.value = budget;
  }

  focus(): void {
    this.#query.focus();
    this.#query.select();
  }

  /** Searches for what stands in the form, unless it changes again within `delayMs`. */
  search({ delayMs = 0, isFinished = false }: { delayMs?: number; isFinished?: boolean }): void {
    if (this.#index.value === "") {
      if (isFinished) void this.start(new URLSearchParams()).catch((error: unknown) => this.fail(error));
      return;
    }
    this.#latest.run(delayMs, (signal) => {
      this.#note(isFinished);
      const path = `/v1/indexes/${encodeURIComponent(this.#index.value)}/search`;
      void this.#ask({ path, body: { ...this.#body(), prefix: !isFinished } }, signal);
    });
  }

  /** Keeps the search in the address; one that was sent, rather than being typed, can be gone back to. */
  #note(isFinished: boolean): void {
    const query = new URLSearchParams({ q: this.#query.value, index: this.#index.value, budget: this.#budget.value });
    const address = `#search?${query}`;
    const isLeft = location.hash === this.#sent && address !== this.#sent;
    history[isLeft ? "pushState" : "replaceState"](null, "", address);
    if (isFinished) this.#sent = address;
  }

  #searchOn(): void {
    const cursor = this.#cursor;
    const shown = this.#shown;
    if (cursor === undefined || shown === undefined) return;
    const asked = { path: shown.path, body: { ...shown.body, cursor } };
    this.#latest.run(0, (signal) => void this.#ask(asked, signal));
  }

  #body(): Record<string, unknown> {
    const facets = this.#keywords().map((field) => ({ field, size: facetSize }));
    return {
      query: this.#query.value,
      match: this.#match.value,
      size: pageSize,
      highlight: true,
      profile: true,
      budgetMs: Number(this.#budget.value),
      ...(facets.length === 0 ? {} : { facets }),
      ...(this.#choices.size === 0 ? {} : { filter: filterOf(this.#choices) }),
    };
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { path, body } = asked;
    const notice = this.#options.timers.after(noticeableMs, () => signal.aborted || this.#say("Searching…"));
    try {
      const answer = await ask<SearchAnswer>(path, { body, signal, budgetMs: Number(body.budgetMs) });
      if (signal.aborted) return;
      this.#isCutOff = false;
      this.#shown = asked;
      this.#show(answer, body.cursor !== undefined);
      this.#options.onAnswer();
    } catch (error) {
      if (!signal.aborted) this.fail(error, { isMore: body.cursor !== undefined });
    } finally {
      notice.cancel();
    }
  }

  #show(answer: SearchAnswer, isMore: boolean): void {
    const { total, timing, hits } = answer;
    const list = find("hits", HTMLOListElement);
    const items = hitItems(hits, this.#fields());
    if (isMore) list.append(...items);
    else list.replaceChildren(...items);
    this.#cursor = answer.cursor ?? undefined;
    this.#more.hidden = this.#cursor === undefined;
    const amount = `${total.exact ? "" : "at least "}${counted(total.value, "result")}`;
    this.#say(`${amount} in ${durationText(timing.tookMs)}${answer.complete ? "" : ", not from all shards"}`);
    find("corrections", HTMLParagraphElement).textContent = correctionText(answer);
    refill(
      find("facets", HTMLElement),
      facetGroups(answer.facets ?? {}, this.#choices, (field, value) => {
        toggleChoice(this.#choices, field, value);
        this.search({});
      }),
    );
    find("waterfall", HTMLDivElement).replaceChildren(...waterfallOf(answer));
  }

  /** Shows that there is no answer; where more was asked for, what stands there still answers. */
  fail(error: unknown, { isMore = false }: { isMore?: boolean } = {}): void {
    this.#options.onFailure(error);
    this.#say(error instanceof ApiFailure ? error.problem.title : "The search failed");
    if (isMore) return;
    this.#isCutOff = error instanceof ApiFailure && error.problem.code === "unreachable";
    find("hits", HTMLOListElement).replaceChildren();
    find("waterfall", HTMLDivElement).replaceChildren();
    this.#more.hidden = true;
  }

  #say(text: string): void {
    find("found", HTMLOutputElement).textContent = text;
  }

  #fields(): Readonly<Record<string, IndexField>> {
    return this.#indexes.find(({ index }) => index === this.#index.value)?.fields ?? {};
  }

  /** The fields to count by: the first ones that hold keywords. */
  #keywords(): string[] {
    return Object.entries(this.#fields())
      .filter(([, { type }]) => type === "keyword")
      .map(([name]) => name)
      .slice(0, facetFieldsMax);
  }

  #startWaterfallButton(): void {
    const button = find("waterfall-button", HTMLButtonElement);
    const pane = find("waterfall-pane", HTMLElement);
    // On a narrow page it scrolls sideways, which keys must be able to do.
    pane.tabIndex = 0;
    button.addEventListener("click", () => {
      pane.hidden = !pane.hidden;
      button.setAttribute("aria-expanded", String(!pane.hidden));
      document.body.classList.toggle("has-waterfall", !pane.hidden);
    });
  }
}

function correctionText({ corrections = [] }: SearchAnswer): string {
  if (corrections.length === 0) return "";
  return `Also taken: ${corrections.map(({ from, to }) => `${to.join(", ")} for “${from}”`).join("; ")}`;
}
