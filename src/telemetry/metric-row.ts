/** What a metric is. `labels` lists the values of each label, or says `bounded` where they are names of things. */
export type MetricRow = {
  kind: "counter" | "gauge" | "histogram";
  /** Which process shows it. */
  role: "leaf" | "root" | "both";
  help: string;
  /** Of a gauge, what is shown under `other` of what would be too many series: their sum, unless it says something else. */
  beyond?: "largest" | "nothing";
  labels: Readonly<Record<string, readonly string[] | "bounded">>;
};
