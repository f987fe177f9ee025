/** Why attempts are sent: a shadow's answer is not used, a canary comes before all others. */
export const attemptPurposes = ["first", "hedge", "retry", "shadow", "canary"] as const;

export type AttemptPurpose = (typeof attemptPurposes)[number];

const attemptEnds = ["answered", "failed", "cancelled", "open"] as const;

/** One attempt's timeline in an answer's `profile`. All instants are milliseconds since the request came to the root. */
export type AttemptProfile = {
  shard: number;
  purpose: AttemptPurpose;
  leaf: string;
  budgetMs: number;
  sentMs: number;
  /** When its answer came, or when it was called off; null: neither did before the answer left. */
  endedMs: number | null;
  end: (typeof attemptEnds)[number];
  /** Whether its answer is the shard's part of this one. */
  won: boolean;
  /** Why it failed. */
  code?: string;
  /**
   * What its leaf told, by the root's clock: wrong by at most `clockErrorMs`, but for `queuedMs`, `kernelMs` and the
   * counts, which need no other clock.
   */
  onLeaf?: {
    arrivedMs: number;
    startedMs: number;
    repliedMs: number;
    queuedMs: number;
    kernelMs: number;
    slices: number;
    postings: number;
    clockErrorMs: number;
  };
};

/** An answer's `profile`. */
export type AnswerProfile = {
  /** When the plan stood, when the last answer that counts had come, and by when it had to. */
  plannedMs: number;
  gatheredMs: number;
  deadlineMs: number;
  /** In the order of sending. */
  attempts: AttemptProfile[];
};

const instant = { type: "number" } as const;
const orNull = { type: ["number", "null"] } as const;
const count = { type: "integer", minimum: 0 } as const;

/** The JSON Schema of `AnswerProfile`, for the API's description. */
export const answerProfileSchema = {
  type: "object",
  description: "with profile: true. Instants are milliseconds since the request came to the root, all in its clock",
  required: ["plannedMs", "gatheredMs", "deadlineMs", "attempts"],
  additionalProperties: false,
  properties: {
    plannedMs: { ...instant, description: "when the plan stood" },
    gatheredMs: { ...instant, description: "when the last answer that counts had come" },
    deadlineMs: { ...instant, description: "by when it had to" },
    attempts: {
      type: "array",
      items: {
        type: "object",
        required: ["shard", "purpose", "leaf", "budgetMs", "sentMs", "endedMs", "end", "won"],
        additionalProperties: false,
        properties: {
          shard: count,
          purpose: { type: "string", enum: attemptPurposes },
          leaf: { type: "string" },
          budgetMs: { ...instant, description: "how long the leaf was given" },
          sentMs: instant,
          endedMs: { ...orNull, description: "when its answer came, or when it was called off" },
          end: { type: "string", enum: attemptEnds },
          won: { type: "boolean", description: "its answer is the shard's part of this one" },
          code: { type: "string", description: "why it failed" },
          onLeaf: {
            type: "object",
            description: "what its leaf told, brought to the root's clock by the link's pings",
            required: [
              "arrivedMs",
              "startedMs",
              "repliedMs",
              "queuedMs",
              "kernelMs",
              "slices",
              "postings",
              "clockErrorMs",
            ],
            additionalProperties: false,
            properties: {
              arrivedMs: instant,
              startedMs: instant,
              repliedMs: instant,
              queuedMs: { ...instant, description: "its wait in the leaf's queue" },
              kernelMs: { ...instant, description: "time in the scoring kernel" },
              slices: { ...count, description: "how often the kernel had its turn" },
              postings: {
                ...count,
                description:
                  "work done, in postings: those that were read, and what facets, highlights and explanations at most take as long as",
              },
              clockErrorMs: { ...instant, description: "how much arrivedMs, startedMs and repliedMs may be wrong" },
            },
          },
        },
      },
    },
  },
} as const;
