import type { Kind, ValueOf } from "./values.ts";

/** The processes that settings belong to. */
export type Role = "up" | "root" | "leaf";

export type Setting<K extends Kind = Kind> = {
  kind: K;
  roles: readonly Role[];
  default: ValueOf<K>;
  /** Why it exists, what it does, in what unit. */
  reason: string;
  min?: number;
  max?: number;
  /** The least that makes sense where 0 stands for something else. */
  leastAboveZero?: number;
};

/** One line of the table. */
export function setting<K extends Kind>(kind: K, rest: Omit<Setting<K>, "kind">): Setting<K> {
  return { kind, ...rest };
}

/** All roles. */
export const services: readonly Role[] = ["up", "root", "leaf"];
