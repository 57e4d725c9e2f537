/**
 * What we make on servers beside tenants: the templates of `provision`, the copies of `rehearse` and of fences, the backups of a run, and what
 * `restore` has replaced.
 */
const ownCopy =
  /^litefleet-template-[\da-f]{16}|-litefleet-(?:fence|rehearsal)$|-backup-\d{8}-\d{6}-[\da-f]{4}$|-replaced-\d{8}t\d{6}z$/iu;

/** Whether a database of a server is a copy that we have made. None of those is a tenant. */
export function isOwnCopy(name: string): boolean {
  return ownCopy.test(name);
}
