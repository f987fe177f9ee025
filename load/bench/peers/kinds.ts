import { flexSearch } from "./drivers/flexsearch.ts";
import { miniSearch } from "./drivers/minisearch.ts";
import { orama } from "./drivers/orama.ts";
import { postgres } from "./drivers/postgres.ts";
import { mirroredSphinx, sphinx } from "./drivers/sphinx.ts";
import { sqlite } from "./drivers/sqlite.ts";
import type { PeerKind } from "./peer.ts";

/** All peers, those that need nothing installed last. */
export const kinds: readonly PeerKind[] = [sphinx, mirroredSphinx, postgres, sqlite, miniSearch, orama, flexSearch];
