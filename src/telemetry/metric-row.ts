/** What a metric is. `labels` lists the values of each label, or says `bounded` where they are names of things. */
export type MetricRow = {
  kind: "counter" | "gauge" | "histogram";
  /** Which process shows it. */
  role: "leaf" | "root" | "both";
  help: string;
  labels: Readonly<Record<string, readonly string[] | "bounded">>;
};
