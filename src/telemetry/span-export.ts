import type { Log } from "./log.ts";
import type { SpanSink } from "./span.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where OpenTelemetry's own variables say that traces go; undefined where they name no collector, or turn traces off.
 * The address for all signals has the path of traces added, as the specification has it.
 */
export function tracesUrl(env: Environment): string | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none") return undefined;
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? "";
  if (own !== "") return own;
  const all = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "";
  return all === "" ? undefined : `${all.endsWith("/") ? all.slice(0, -1) : all}/v1/traces`;
}

/** Begins to send traces where the environment asks for it. What does so is loaded only then. */
export async function openSpanExport(
  env: Environment,
  to: { name: string; log: () => Log },
): Promise<SpanSink | undefined> {
  const url = tracesUrl(env);
  if (url === undefined) return undefined;
  const { openOtlp } = await import("./otlp.ts");
  return openOtlp({ url, ...to });
}
