import { messageOf } from "../errors.ts";
import { isCount, isListOf } from "../protocol/checks.ts";
import type { LogEra } from "../protocol/history.ts";
import {
  type CallError,
  isLinkCallName,
  type LinkCallName,
  type LinkCalls,
  type ShardAddress,
} from "../protocol/link.ts";
import { isRecord } from "../protocol/record.ts";
import { type FieldType, type IndexDefinition, languages } from "../protocol/settings.ts";
import type { StatisticsCursor } from "../protocol/statistics.ts";
import type { CallOutcome, IncomingCall } from "./link.ts";
import { growth, type MemoryGuard } from "./memory.ts";
import type { Replicas } from "./replicas.ts";
import type { RetainedSnapshots } from "./snapshot-store.ts";

type Parts = { replicas: Replicas; retain: Retain };

/** What a leaf may take up, and how much of a replica is on its disk. */
export type LeafMemory = {
  guard: MemoryGuard;
  keptBytes(address: Pick<ShardAddress, "incarnation" | "shard">): Promise<number>;
};

/** Frees what was kept on the disk of what is gone, or held elsewhere now. */
export type Retain = (retained: RetainedSnapshots) => Promise<void>;

/** Carries out what roots ask for over their links. Parameters are checked; nothing here rejects. */
export function createCalls(
  replicas: Replicas,
  retain: Retain = async () => undefined,
  memory?: LeafMemory,
): (call: IncomingCall) => Promise<CallOutcome> {
  return async (call) => {
    try {
      const full = memory === undefined ? undefined : await memoryProblem(memory, replicas, call);
      if (full !== undefined) return failed("full", full);
      return await dispatch({ replicas, retain }, call);
    } catch (error) {
      return failed("crashed", messageOf(error));
    }
  };
}

async function dispatch({ replicas, retain }: Parts, incoming: IncomingCall): Promise<CallOutcome> {
  const { name, params, body, from } = incoming;
  const misfit = failed("bad_call", `the parameters of ${JSON.stringify(name)} do not fit`);
  if (!isLinkCallName(name)) return failed("bad_call", `there is no call ${JSON.stringify(name)}`);
  if (name === "status") return answered("status", { replicas: replicas.status() });
  if (!isRecord(params)) return misfit;
  if (name === "open") {
    const { definition, shard, eras = [] } = params;
    return isDefinition(definition) && isCount(shard) && isHistory(eras)
      ? answered("open", await replicas.open(definition, shard, { eras, from }))
      : misfit;
  }
  if (name === "retain") {
    const { standing, head, placed = [] } = params;
    if (!isListOf(standing, isCount) || !isCount(head) || !isPlaced(placed)) return misfit;
    // What was dropped while this leaf was away is told of by no `close`; another root may know more of what stands.
    const isGone = ({ incarnation }: ShardAddress): boolean => incarnation <= head && !standing.includes(incarnation);
    await Promise.all(replicas.states().map((one) => (isGone(one) ? replicas.close(one, from) : undefined)));
    const held = replicas.states();
    const shardsHeld = (incarnation: number): number[] =>
      held.flatMap((one) => (one.incarnation === incarnation ? [one.shard] : []));
    const kept = placed.map(({ incarnation, shards }) => {
      return { incarnation, shards: [...shards, ...shardsHeld(incarnation)] };
    });
    await retain({ standing, head, placed: kept });
    return answered("retain", {});
  }
  if (!isAddress(params)) return misfit;
  switch (name) {
    case "close":
      await replicas.close(params, from);
      return answered("close", {});
    case "apply": {
      const { upTo, after = 0 } = params;
      if (!isCount(upTo) || !isCount(after)) return misfit;
      const sequence = await replicas.apply(params, body, { after, upTo });
      return sequence === undefined ? notHeld(params) : answered("apply", { sequence });
    }
    case "statistics": {
      const { since } = params;
      if (since !== undefined && !isCursor(since)) return misfit;
      const delta = replicas.statistics(params, since);
      return delta === undefined ? notHeld(params) : answered("statistics", delta);
    }
  }
}

/** Why there is no room for what a call brings: a replica that is not held yet, or a batch of changes. */
async function memoryProblem(memory: LeafMemory, replicas: Replicas, call: IncomingCall): Promise<string | undefined> {
  if (call.name === "apply") return memory.guard.problem(call.body.length);
  if (call.name !== "open" || !isRecord(call.params)) return undefined;
  const { definition, shard } = call.params;
  if (!isDefinition(definition) || !isCount(shard)) return undefined;
  const { incarnation } = definition;
  if (replicas.states().some((held) => held.incarnation === incarnation && held.shard === shard)) return undefined;
  return memory.guard.problem((await memory.keptBytes({ incarnation, shard })) / growth);
}

function answered<Name extends LinkCallName>(_name: Name, result: LinkCalls[Name]["result"]): CallOutcome {
  return { kind: "answered", result };
}

function failed(code: CallError["code"], detail: string): CallOutcome {
  return { kind: "failed", error: { code, detail } };
}

function notHeld({ index, incarnation, shard }: ShardAddress): CallOutcome {
  return failed("unknown_shard", `shard ${shard} of ${index} (${incarnation}) is not held here`);
}

function isPlaced(value: unknown): value is RetainedSnapshots["placed"] {
  return (
    Array.isArray(value) &&
    value.every((one) => isRecord(one) && isCount(one.incarnation) && isListOf(one.shards, isCount))
  );
}

function isAddress(value: Record<string, unknown>): value is Record<string, unknown> & ShardAddress {
  return typeof value.index === "string" && isCount(value.incarnation) && isCount(value.shard);
}

function isHistory(value: unknown): value is LogEra[] {
  return (
    Array.isArray(value) &&
    value.every((era) => isRecord(era) && typeof era.id === "string" && isCount(era.since) && isCount(era.deletes ?? 0))
  );
}

function isCursor(value: unknown): value is StatisticsCursor {
  return isRecord(value) && typeof value.journal === "string" && isCount(value.version);
}

const fieldTypes: ReadonlySet<unknown> = new Set<FieldType>(["text", "keyword", "number", "date", "boolean", "stored"]);
const knownLanguages: ReadonlySet<unknown> = new Set(languages);

function isDefinition(value: unknown): value is IndexDefinition {
  if (!isRecord(value) || typeof value.index !== "string" || !isCount(value.incarnation)) return false;
  const { settings } = value;
  if (!isRecord(settings) || !knownLanguages.has(settings.language) || !isRecord(settings.fields)) return false;
  if (!isRecord(settings.bm25) || !isCount(settings.shards) || !isCount(settings.replicas)) return false;
  return Object.values(settings.fields).every((field) => isRecord(field) && fieldTypes.has(field.type));
}
