/**
 * The flags of the commands that are no service, by name, where no service has a setting of that name: their variables may
 * be set beside those of the services. The commands themselves say what each is, and are loaded only when asked for.
 */
export const clientFlagNames: readonly string[] = [
  ...["url", "json"],
  ...["index", "size", "from", "cursor", "match", "fields", "prefix", "typos", "filter", "facets", "sort", "highlight"],
  ...["returned", "minCoverage", "hedge", "after", "cache", "explain", "profile"],
  ...["settings", "parallel", "batchMb"],
  "check",
  ...["scopes", "indexes", "requestsPerS", "burst", "budgetMsMax", "remove"],
];
