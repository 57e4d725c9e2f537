/**
 * What the process ends with.
 *
 * - 0: done; for `status`: every tenant is up to date.
 * - 1: an error before anything was started, such as a folder that cannot be read or an unknown flag.
 * - 2: `status` found differences.
 * - 3: some tenants failed; the others went on.
 * - 130: interrupted (Ctrl-C, SIGTERM): tenants under way were finished, no others started.
 */
export const exitCodes = { done: 0, error: 1, differences: 2, partial: 3, interrupted: 130 } as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
