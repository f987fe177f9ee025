/** What `import … from "hedgerow"` offers. It needs nothing but `fetch`, and runs on Node 20 or later. */
export type { ImportProgress, ImportResult, Rejection } from "../command/bulk-import.ts";
export { RequestRefused, ServiceUnreachable } from "../command/client.ts";
export type { ErrorCode } from "../errors.ts";
export type { IndexBody } from "../protocol/index-request.ts";
export type { FilterNode, SearchBody } from "../protocol/search-request.ts";
export type {
  Coverage,
  DocumentBody,
  Facet,
  IndexDescription,
  SearchAnswer,
  SearchHit,
  ShardAnswer,
  StoredDocument,
  WriteReceipt,
} from "./answer-types.ts";
export {
  type BulkOptions,
  type CallOptions,
  Hedgerow,
  type HedgerowOptions,
  type SearchOptions,
  type WriteOptions,
} from "./hedgerow.ts";
