import type { Replicated } from "@libsql/core/api";

/** Where a copy lies and whom it follows: a relay in this process, with the relay's secret for a token. */
export interface SyncTarget {
  readonly path: string;
  readonly syncUrl: string;
  readonly authToken: string;
  readonly encryptionKey: string | undefined;
}

/** What the sync thread is asked to do. Replicas are named by a number that the asking side gives out. */
export type SyncRequest =
  | { readonly call: number; readonly replica: number; readonly op: "open"; readonly target: SyncTarget }
  | { readonly call: number; readonly replica: number; readonly op: "sync" }
  | { readonly call: number; readonly replica: number; readonly op: "close" };

/** What it answers. */
export type SyncReply =
  | { readonly call: number; readonly ok: true; readonly replicated: Replicated }
  | { readonly call: number; readonly ok: false; readonly message: string };
