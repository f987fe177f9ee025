import { systemClock, systemTimers } from "../../time.ts";
import { ApiFailure, keepKey } from "./api.ts";
import { ClusterPane } from "./cluster-pane.ts";
import { find } from "./dom.ts";
import { SearchPane } from "./search-pane.ts";
import { startTheme } from "./theme.ts";

const rooms = ["search", "cluster"] as const;

const trouble = find("trouble", HTMLParagraphElement);
const keyForm = find("key-form", HTMLFormElement);

const search = new SearchPane({ timers: systemTimers, onFailure: complain, onAnswer: () => calm("search") });
const cluster = new ClusterPane({
  timers: systemTimers,
  clock: systemClock,
  onFailure: complain,
  onAnswer: () => calm("cluster"),
});

/** Says what went wrong, and asks for a key where that may help. */
function complain(error: unknown): void {
  trouble.hidden = false;
  if (error instanceof ApiFailure) {
    trouble.textContent = `${error.problem.title}: ${error.problem.detail}`;
    trouble.dataset.code = error.problem.code;
    if (error.needsKey) keyForm.hidden = false;
  } else {
    trouble.textContent = String(error);
    trouble.dataset.code = "page";
  }
}

/** A complaint about the connection is over with any answer; one about a search with a search's. */
function calm(from: "search" | "cluster"): void {
  if (from === "cluster" && trouble.dataset.code !== "unreachable") return;
  if (from === "cluster") void search.recover(searchAddress()).catch((error: unknown) => search.fail(error));
  trouble.hidden = true;
  trouble.textContent = "";
}

/** Shows the room that the address names. */
function showRoom(): void {
  const named = location.hash.slice(1).split("?")[0] ?? "";
  const room = rooms.find((one) => one === named) ?? "search";
  for (const one of rooms) {
    find(`${one}-room`, HTMLElement).hidden = one !== room;
    const link = find(`${one}-link`, HTMLAnchorElement);
    if (one === room) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = room === "search" ? "Search · Hedgerow" : "Cluster · Hedgerow";
  cluster.show(room === "cluster");
}

async function startSearch(): Promise<void> {
  try {
    await search.start(searchAddress());
  } catch (error) {
    search.fail(error);
  }
}

/** What the page's address says of a search. */
function searchAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.split("?")[1] ?? "");
}

keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("key", HTMLInputElement).value);
  keyForm.hidden = true;
  trouble.hidden = true;
  void startSearch();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (find("search-room", HTMLElement).hidden) location.hash = "#search";
  showRoom();
  search.focus();
});

addEventListener("hashchange", showRoom);
addEventListener("popstate", () => {
  if (location.hash.startsWith("#search?")) search.goBack(searchAddress());
});
startTheme(() => cluster.redraw());
showRoom();
void startSearch();
