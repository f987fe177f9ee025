import type {
  AdmissionSettings,
  BudgetSettings,
  ChoiceSettings,
  DeadlineSettings,
  HedgeSettings,
  PolicySettings,
  ProbationSettings,
} from "../policy/settings.ts";
import { policyDefaults } from "../policy/settings.ts";
import type { Section } from "./section.ts";

/** Everything switched off: one attempt to a random replica, no admission, no probation. */
export const noPolicies: PolicySettings = {
  ...policyDefaults,
  hedge: { ...policyDefaults.hedge, enabled: false },
  choice: { ...policyDefaults.choice, rule: "random" },
  probation: { ...policyDefaults.probation, enabled: false },
  admission: { ...policyDefaults.admission, enabled: false },
};

/** The defaults with a scenario's `policy` section laid over them. `none: true` starts from no policies at all. */
export function readPolicy(section: Section): PolicySettings {
  const base = section.flag("none", false) ? noPolicies : policyDefaults;
  const policy = {
    hedge: readHedge(section.section("hedge"), base.hedge),
    budget: readBudget(section.section("budget"), base.budget),
    choice: readChoice(section.section("choice"), base.choice),
    probation: readProbation(section.section("probation"), base.probation),
    deadline: readDeadline(section.section("deadline"), base.deadline),
    admission: readAdmission(section.section("admission"), base.admission),
  };
  section.done();
  return policy;
}

const positive = { min: 0 };

function readHedge(section: Section, base: HedgeSettings): HedgeSettings {
  const hedge = {
    enabled: section.flag("enabled", base.enabled),
    quantile: section.number("quantile", { min: 0, max: 1 }, base.quantile),
    windowMs: section.number("windowMs", positive, base.windowMs),
    windowSlots: section.number("windowSlots", { min: 1, whole: true }, base.windowSlots),
    samplesMin: section.number("samplesMin", positive, base.samplesMin),
    medianSamplesMin: section.number("medianSamplesMin", positive, base.medianSamplesMin),
    delayMsMin: section.number("delayMsMin", positive, base.delayMsMin),
    delayRttMin: section.number("delayRttMin", positive, base.delayRttMin),
    delayMediansMax: section.number("delayMediansMax", positive, base.delayMediansMax),
    delayRemainingShareMax: section.number("delayRemainingShareMax", positive, base.delayRemainingShareMax),
    fixedDelayMs: section.optionalNumber("fixedDelayMs", positive) ?? base.fixedDelayMs,
    tiedDelayMs: section.optionalNumber("tiedDelayMs", positive) ?? base.tiedDelayMs,
    cancel: section.flag("cancel", base.cancel),
  };
  section.done();
  return hedge;
}

function readBudget(section: Section, base: BudgetSettings): BudgetSettings {
  const budget = {
    deposit: section.number("deposit", positive, base.deposit),
    windowMs: section.number("windowMs", positive, base.windowMs),
    reservePerSecond: section.number("reservePerSecond", positive, base.reservePerSecond),
    retryShare: section.number("retryShare", { min: 0, max: 1 }, base.retryShare),
  };
  section.done();
  return budget;
}

function readChoice(section: Section, base: ChoiceSettings): ChoiceSettings {
  const choice = {
    rule: section.has("rule") ? section.oneOf("rule", ["two-choices", "round-robin", "random"]) : base.rule,
    peakDecayMs: section.number("peakDecayMs", positive, base.peakDecayMs),
    rampMs: section.number("rampMs", positive, base.rampMs),
    zoneAdvantage: section.number("zoneAdvantage", positive, base.zoneAdvantage),
    pushBackMs: section.number("pushBackMs", positive, base.pushBackMs),
  };
  section.done();
  return choice;
}

function readProbation(section: Section, base: ProbationSettings): ProbationSettings {
  const probation = {
    enabled: section.flag("enabled", base.enabled),
    slowFactor: section.number("slowFactor", positive, base.slowFactor),
    slowSamplesMin: section.number("slowSamplesMin", positive, base.slowSamplesMin),
    siblingMsMax: section.number("siblingMsMax", positive, base.siblingMsMax),
    failuresInRowMax: section.number("failuresInRowMax", positive, base.failuresInRowMax),
    silentMedians: section.number("silentMedians", positive, base.silentMedians),
    silentMsMin: section.number("silentMsMin", positive, base.silentMsMin),
    outShareMax: section.number("outShareMax", { min: 0, max: 1 }, base.outShareMax),
    outMs: section.number("outMs", positive, base.outMs),
    outMsMax: section.number("outMsMax", positive, base.outMsMax),
    shadowShare: section.number("shadowShare", { min: 0, max: 1 }, base.shadowShare),
    shadowMsMax: section.number("shadowMsMax", positive, base.shadowMsMax),
    trialGapMin: section.number("trialGapMin", { min: 0 }, base.trialGapMin),
    goodAnswersMin: section.number("goodAnswersMin", positive, base.goodAnswersMin),
    slowAnswersMax: section.number("slowAnswersMax", positive, base.slowAnswersMax),
    forgetMs: section.number("forgetMs", positive, base.forgetMs),
  };
  section.done();
  return probation;
}

function readDeadline(section: Section, base: DeadlineSettings): DeadlineSettings {
  const deadline = {
    mergeReserveShare: section.number("mergeReserveShare", { min: 0, max: 1 }, base.mergeReserveShare),
    mergeReserveMsMin: section.number("mergeReserveMsMin", positive, base.mergeReserveMsMin),
    mergeReserveMsMax: section.number("mergeReserveMsMax", positive, base.mergeReserveMsMax),
  };
  section.done();
  return deadline;
}

function readAdmission(section: Section, base: AdmissionSettings): AdmissionSettings {
  const admission = {
    enabled: section.flag("enabled", base.enabled),
    limitStart: section.number("limitStart", { min: 1 }, base.limitStart),
    limitMin: section.number("limitMin", { min: 1 }, base.limitMin),
    limitMax: section.number("limitMax", { min: 1 }, base.limitMax),
    windowMs: section.number("windowMs", positive, base.windowMs),
    windowSamplesMin: section.number("windowSamplesMin", positive, base.windowSamplesMin),
    toleratedSlowdown: section.number("toleratedSlowdown", { min: 1 }, base.toleratedSlowdown),
    toleratedBudgetShare: section.number("toleratedBudgetShare", { min: 0, max: 1 }, base.toleratedBudgetShare),
    smoothing: section.number("smoothing", { min: 0, max: 1 }, base.smoothing),
    batchShare: section.number("batchShare", { min: 0, max: 1 }, base.batchShare),
    hedgeHoldMs: section.number("hedgeHoldMs", positive, base.hedgeHoldMs),
  };
  section.done();
  return admission;
}
