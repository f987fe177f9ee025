import { openChangeLog } from "../changes/open-log.ts";
import type { CommandIo, ServiceIo } from "../command/io.ts";
import { type Config, configOrExitCode } from "../config.ts";
import { Admission } from "../policy/admission.ts";
import { type PolicySettings, policyDefaults } from "../policy/settings.ts";
import { TailPolicy } from "../policy/tail.ts";
import { missingFiles } from "../security/certificate-settings.ts";
import { exposureProblem } from "../security/exposure.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { SpanSink } from "../telemetry/span.ts";
import { openSpanExport } from "../telemetry/span-export.ts";
import { afterPoll, sleep, systemClock, systemRandom, systemTimers } from "../time.ts";
import { createApp } from "./app.ts";
import { BadReplies } from "./bad-replies.ts";
import { Catalog } from "./catalog.ts";
import { openEntrance } from "./entrance.ts";
import { Freshness } from "./freshness.ts";
import { createLeafLink } from "./leaf-link.ts";
import { type HeldBack, LineBudget, searchLines } from "./line-budget.ts";
import { Membership } from "./membership.ts";
import { watchQueries } from "./query-watch.ts";
import { RootService } from "./service.ts";
import { Topology } from "./topology.ts";

const system = { clock: systemClock, timers: systemTimers, random: systemRandom };
const refreshIntervalMs = 50;
/** How long balancers get to see that this root is leaving before it stops taking requests. */
const leaveMs = 100;

/** `hedgerow root`: serves until `stopped` resolves, then answers what it has taken and lets go of the log. */
export async function runRoot(args: string[], io: ServiceIo): Promise<number> {
  const config = configOrExitCode("root", args, io);
  if (typeof config === "number") return config;
  const exposed = rootProblemOf(config);
  if (exposed !== undefined) {
    io.stderr(`${exposed}\n`);
    return 2;
  }
  const root = await startRoot(config, policyDefaults, io.env);
  io.tellListening({ role: "root", url: root.url });
  await io.stopped;
  await root.close();
  return 0;
}

/** Why a root with these settings may not begin to listen. */
function rootProblemOf(config: Config): string | undefined {
  return missingFiles(config) ?? exposureProblem({ ...config, guarded: config.keys !== "", fix: "give --keys" });
}

/** Has searches logged and traced as the settings say; the lines that were held back are told when it is closed. */
function watchSearches(service: RootService, config: Config, to: { log: Log; sink: SpanSink | undefined }): LineBudget {
  const { slowMs, traceEvery, logLevel, logQueries } = config;
  const onHeldBack = (heldBack: HeldBack): void => to.log.warn({ heldBack }, "searches were held back from the log");
  const lines = new LineBudget({ rate: searchLines, ...system, onHeldBack });
  const rules = { slowMs, traceEvery };
  service.searches.watch(watchQueries({ rules, lines, logsAll: logLevel === "debug", showText: logQueries, ...to }));
  return lines;
}

/**
 * Starts a root in this process. Its policies are settled: other ones are there to be compared with. `env` has what
 * OpenTelemetry takes from the environment.
 */
export async function startRoot(
  config: Config,
  settings: PolicySettings = policyDefaults,
  env: CommandIo["env"] = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const name = config.name || "root";
  const entrance = await openEntrance(config);
  const log = await openChangeLog(config);
  const policy = new TailPolicy({ settings, random: systemRandom, ...placeOf(config) });
  const catalog = new Catalog({ termsMax: config.termsMax, policy });
  const freshness = new Freshness(systemClock);
  const forgetAppends = log.onAppend((appended) => freshness.onAppend(appended));
  freshness.onBegin(await log.head());
  const badReplies = new BadReplies(systemClock);
  const membership = new Membership({
    listed: config.leafUrls,
    log: log.members,
    linkTo: (url, leaf, onState) =>
      createLeafLink({ url, name: leaf, ...system, onState, ...badReplies.of(url), ...entrance.links }),
    ...system,
    graceMs: config.leafGraceMs,
    onLeaves: () => topology.onLeaves(),
    onLink: (leaf) => topology.onLink(leaf),
  });
  const topology = new Topology({
    membership,
    catalog,
    policy,
    log,
    ...system,
    refreshIntervalMs,
    onPublished: (index) => freshness.onPublished(index.definition),
    onReleased: () => freshness.retain([...catalog.all()].map(({ definition }) => definition)),
  });
  const service = new RootService({
    name,
    catalog,
    topology,
    membership,
    log,
    resources: { policy, clock: systemClock, timers: systemTimers, afterPoll },
    admission: new Admission(settings.admission),
    freshness,
    limits: { budgetMs: config.budgetMs, windowMax: config.windowMax },
    cacheBytesMax: config.cacheBytesMax,
    documentBytesMax: config.documentBytesMax,
    defaults: { shards: config.shards, replicas: config.replicas },
  });
  await membership.start();
  await service.start();
  topology.start();
  const metrics = createMetrics({ runtime: true });
  service.show(metrics);

  const app = createApp({
    service,
    clock: systemClock,
    metrics,
    bodyBytesMax: config.bodyBytesMax,
    log: { name, level: config.logLevel },
    ...entrance.app,
  });
  for (const part of [entrance, topology, badReplies, service.searches]) part.reportTo(app.log);
  const spans = await openSpanExport(env, { name, log: () => app.log });
  const lines = watchSearches(service, config, { log: app.log, sink: spans });
  const listening = await app.listen({ host: config.host, port: config.port });
  return {
    url: entrance.addressOf(listening),
    async close() {
      service.draining = true;
      await sleep(leaveMs);
      await app.close();
      lines.close();
      await spans?.close();
      await entrance.close();
      service.close();
      forgetAppends();
      topology.close();
      membership.close();
      await log.close();
    },
  };
}

/** Where a root stands, for choices that prefer what is near. */
function placeOf({ zone }: Config): { zone?: string } {
  return zone === "" ? {} : { zone };
}
