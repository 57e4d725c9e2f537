import type { BeginOptions, ForeignKeys, Transaction, TransactionMode, TransactionOptions } from "./api.ts";
import type { ConflictLane, LeaveLane } from "./conflict-lane.ts";
import { isRetryable, LitefleetError } from "./errors.ts";
import type { LitefleetBatchError } from "./errors.ts";
import type { Emitter } from "./events.ts";
import { needsExclusive } from "./needs-exclusive.ts";
import type { LitefleetTransaction } from "./transaction.ts";
import { abortedError, Deadline, sleep, timeoutError } from "./waiting.ts";

const defaultRetries = 20;
const defaultConcurrentTimeoutMs = 30_000;
const firstPauseMs = 1;
const maxPauseMs = 100;

/** After so many conflicts a concurrent transaction goes on in the {@link ConflictLane}. */
const laneAfter = 3;
/** There only newcomers are in the way, so long pauses would only let more of them come. */
const maxPauseInLaneMs = 8;

/** The longest time that a timer takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** How one attempt begins. */
export type Begin = (mode: TransactionMode, options: BeginOptions) => Promise<LitefleetTransaction>;

/** What retries need of the client. */
export interface RetryHost {
  readonly events: Emitter;
  readonly lane: ConflictLane;
  /** Whether transactions of the database may write beside each other. */
  readonly isMvcc: boolean;
}

/**
 * Runs `callback` in a transaction, and the whole of it again while the engine says that another run may succeed, with
 * full-jitter backoff. An error of the callback's own ends it: it is rolled back and thrown as it is.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export async function runTransaction<T>(
  begin: Begin,
  callback: (tx: Transaction) => Promise<T>,
  options: TransactionOptions,
  { events, lane, isMvcc }: RetryHost,
): Promise<T> {
  let mode = options.mode ?? "write";
  const isConcurrent = mode === "concurrent";
  // Beside concurrent transactions any other may meet a row that one of them has written.
  const maxRetries = options.maxRetries ?? (isConcurrent || isMvcc ? defaultRetries : 0);
  const timeoutMs = options.timeoutMs ?? (isConcurrent ? defaultConcurrentTimeoutMs : undefined);
  const deadline = new Deadline({ signal: options.signal, timeoutMs });
  let leave: LeaveLane | undefined;
  try {
    for (let attempt = 1; ; attempt += 1) {
      deadline.check("the transaction");
      const once = (): Promise<Outcome<T>> =>
        runOnce(begin, callback, { mode, foreignKeys: options.foreignKeys, onVisible: leave }, deadline, timeoutMs);
      const outcome = await (leave === undefined ? once() : lane.run(once));
      if ("result" in outcome) return outcome.result;
      const error = outcome.retryable;
      if (error.code === "CONFLICT") events.emit("conflict", { attempt, error });
      if (needsExclusive(error)) mode = "write";
      else if (attempt > maxRetries)
        throw isConcurrent || error.code === "CONFLICT" ? spent(error, attempt) : outcome.thrown;
      const longestMs = leave === undefined ? maxPauseMs : maxPauseInLaneMs;
      const delayMs = needsExclusive(error) ? 0 : Math.random() * Math.min(longestMs, firstPauseMs * 2 ** attempt);
      if (delayMs >= deadline.remainingMs) throw spent(error, attempt);
      events.emit("retry", { attempt, delayMs, error });
      options.onRetry?.({ attempt, delayMs, error });
      await sleep(delayMs, options.signal);
      if (leave === undefined && mode === "concurrent" && attempt >= laneAfter) leave = await lane.enter(deadline);
    }
  } finally {
    leave?.();
  }
}

/** `retryable` is the engine's error, `thrown` what the callback made of it. */
type Outcome<T> =
  | { readonly result: T }
  | { readonly retryable: LitefleetError | LitefleetBatchError; readonly thrown: unknown };

interface Attempt {
  readonly mode: TransactionMode;
  readonly foreignKeys: ForeignKeys | undefined;
  readonly onVisible: (() => void) | undefined;
}

async function runOnce<T>(
  begin: Begin,
  callback: (tx: Transaction) => Promise<T>,
  { mode, foreignKeys, onVisible }: Attempt,
  deadline: Deadline,
  timeoutMs: number | undefined,
): Promise<Outcome<T>> {
  let tx: LitefleetTransaction | undefined;
  try {
    tx = await begin(mode, { signal: deadline.signal, timeoutMs: limitOf(deadline), foreignKeys });
    const result = await withinDeadline(tx.runCallback(callback), deadline, timeoutMs);
    await tx.commit(undefined, onVisible);
    return { result };
  } catch (error) {
    const cause = tx === undefined ? error : (tx.retryableError ?? error);
    // A failed rollback must not hide why there was one; closing gives the connection back in any case.
    await tx?.rollback().catch(() => undefined);
    tx?.close();
    const isEngineError = tx === undefined || tx.retryableError !== undefined;
    if (isEngineError && isRetryable(cause) && cause.code !== "TIMEOUT") return { retryable: cause, thrown: error };
    throw error;
  }
}

function limitOf(deadline: Deadline): number | undefined {
  return Number.isFinite(deadline.remainingMs) ? deadline.remainingMs : undefined;
}

/** The callback's result, unless the time is over or the signal fires first: then the transaction is rolled back under it. */
async function withinDeadline<T>(work: Promise<T>, deadline: Deadline, timeoutMs: number | undefined): Promise<T> {
  const { signal } = deadline;
  if (signal === undefined && timeoutMs === undefined) return work;
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(abortedError(signal!));
  };
  const onTimeout = (): void => {
    reject(timeoutError(timeoutMs ?? 0, "the transaction's callback"));
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, Math.min(deadline.remainingMs, maxTimerMs));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    // If it was given up, the callback goes on and fails at its next call; nobody waits for it.
    work.catch(() => undefined);
  }
}

function spent(error: LitefleetError | LitefleetBatchError, attempts: number): LitefleetError {
  return new LitefleetError(
    `The transaction conflicted with others in ${attempts} attempt${attempts === 1 ? "" : "s"}, the last time: ${error.message}`,
    "CONFLICT",
    { isRetryable: true, cause: error },
  );
}
