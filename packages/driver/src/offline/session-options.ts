import type { Capabilities } from "../api.ts";
import type { WriteQueue } from "../local/write-queue.ts";
import type { Resolve } from "./conflict.ts";
import type { KeptConflict, Outbox } from "./outbox.ts";
import type { Primary } from "./primary.ts";

/** What a session is opened with. */
export interface SessionOptions {
  readonly path: string;
  readonly url: string;
  readonly primary: Primary;
  readonly outbox: Outbox;
  readonly queue: WriteQueue;
  readonly timeoutMs: number | undefined;
  readonly statementCacheSize: number;
  readonly maxConnections: number;
  readonly allowRowidKeys: boolean;
  readonly resolve: Resolve | undefined;
  readonly capabilities: Capabilities;
  readonly onRefused: (conflict: KeptConflict) => void;
}
