import { MigrateError } from "../errors.ts";

/**
 * Gives `work` so long. Then its signal fires, and nobody waits for it any more.
 *
 * @throws {MigrateError} `TENANT_TIMEOUT` when the time is over.
 */
export async function withDeadline<T>(
  tenant: string,
  timeoutMs: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  if (timeoutMs === undefined) return work(controller.signal);
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    controller.abort();
    reject(
      new MigrateError(
        `Tenant ${tenant} was not done within its time limit (timeoutMs, --timeout), and was let go. What it had committed ` +
          `stays; run this again to go on.`,
        "TENANT_TIMEOUT",
        { tenant },
      ),
    );
  }, timeoutMs);
  try {
    const done = work(controller.signal);
    // Nobody hears of what it throws once its time is over.
    done.catch(() => undefined);
    return await Promise.race([done, over]);
  } finally {
    clearTimeout(timer);
  }
}
