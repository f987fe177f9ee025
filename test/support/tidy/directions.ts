import { closedRooms, dependencyRooms, type Exception, exceptions, openRooms, roomOf, rooms } from "./house.ts";
import { type Finding, filesNamedIn, type Import, type Source } from "./source.ts";

/** Imports against the house's directions. */
export function wrongDirections(sources: readonly Source[]): Finding[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((one) => one.isOurs && !mayImport(source.path, one))
      .map((one) => `${source.path}:${one.line} imports ${one.target}: ${whyNot(source.path, one)}`),
  );
}

function mayImport(path: string, { target, isType }: Import): boolean {
  const [own, other] = [roomOf(path), roomOf(target)];
  if (own === other || own === "test") return true;
  const isFree = openRooms.includes(own) && !closedRooms.includes(other) && !openRooms.includes(other);
  if (isFree || rooms[own]?.includes(other)) return true;
  return exceptions.some((exception) => covers(exception, { path, target }) && (isType || !exception.onlyTypes));
}

function whyNot(path: string, { target }: Import): string {
  const [own, other] = [roomOf(path), roomOf(target)];
  const allowed = rooms[own];
  if (allowed === undefined && !openRooms.includes(own)) return `"${own}" is no room of the house`;
  if (closedRooms.includes(other)) return `nothing imports "${other}"`;
  return `"${own}" may use ${allowed === undefined || allowed.length === 0 ? "no other room" : allowed.join(", ")}`;
}

function covers({ from, to }: Exception, { path, target }: { path: string; target: string }): boolean {
  return (from.endsWith("/") ? path.startsWith(from) : path === from) && target === to;
}

/** Exceptions that no import needs any more. */
export function idleExceptions(sources: readonly Source[]): Finding[] {
  return exceptions
    .filter((one) => !sources.some(({ path, imports }) => imports.some(({ target }) => covers(one, { path, target }))))
    .map(({ from, to }) => `the exception of ${from} for ${to} is not needed: take it out of the table`);
}

/** Rooms that the table lets import one another, however indirectly. */
export function circles(table: Readonly<Record<string, readonly string[]>>): Finding[] {
  const names = Object.keys(table);
  return names.flatMap((room, position) =>
    (table[room] ?? [])
      .filter((other) => !names.slice(0, position).includes(other))
      .map((other) => `"${room}" may use "${other}", which the table does not have above it`),
  );
}

/** Dependencies imported outside their room, or that have none. */
export function strayDependencies(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ isOurs, target }) => !isOurs && isDependency(target))
      .flatMap(({ target, line }) => {
        const name = packageOf(target);
        const allowed = dependencyRooms[name];
        if (allowed?.some((place) => isIn(path, place))) return [];
        const where = allowed === undefined ? "it has no room yet: give it one in the table" : allowed.join(", ");
        return [`${path}:${line} imports ${name}, whose room is elsewhere: ${where}`];
      }),
  );
}

/** Dependencies of the package that no file names: neither imports, nor finds by resolving a path into them. */
export function idleDependencies(sources: readonly Source[], dependencies: readonly string[]): Finding[] {
  const named = new Set(sources.flatMap(({ literals }) => literals.map(packageOf)));
  return dependencies.filter((name) => !named.has(name)).map((name) => `${name} is installed but no program names it`);
}

function isDependency(target: string): boolean {
  return !target.startsWith("node:") || Object.hasOwn(dependencyRooms, target);
}

function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

function isIn(path: string, place: string): boolean {
  if (place.endsWith("/")) return path.startsWith(place);
  const parts = path.split("/");
  const pattern = place.split("/");
  return parts.length === pattern.length && pattern.every((part, i) => part === "*" || part === parts[i]);
}

/** Files that no program reaches, from the files that programs begin with; and beginnings that are not there. */
export function deadFiles(sources: readonly Source[], beginnings: readonly string[]): Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const waiting = [...beginnings];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...filesNamedIn(source));
  }
  const missing = beginnings.filter((path) => !byPath.has(path));
  const dead = sources.filter(({ path }) => !reached.has(path));
  return [
    ...missing.map((path) => `${path} is where something begins, and is not there`),
    ...dead.map(({ path }) => `${path} is reached by no program: wire it or delete it`),
  ];
}
