/**
 * What the process ends with.
 *
 * - 0: done; for `status`: every tenant is up to date.
 * - 1: an error before anything was started, such as a folder that cannot be read or an unknown flag.
 * - 2: differences were found: `status` and `plan` have something pending, `verify` and `lint` something to tell.
 * - 3: some tenants failed; the others went on.
 * - 4: halted by a guard: what is to run takes data away, and nobody has allowed that.
 * - 5: another run is in progress.
 * - 130: interrupted (Ctrl-C, SIGTERM): tenants under way were finished, no others started.
 */
export const exitCodes = {
  done: 0,
  error: 1,
  differences: 2,
  partial: 3,
  halted: 4,
  inProgress: 5,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
