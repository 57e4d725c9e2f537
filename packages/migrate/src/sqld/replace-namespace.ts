import { MigrateError } from "../errors.ts";
import type { SqldAdmin } from "./sqld-admin.ts";

/** Which namespace is put in whose place. */
export interface NamespaceReplacement {
  /** The one that is replaced; it need not exist. */
  readonly namespace: string;
  /** A copy of it is what is there afterwards; it stays. */
  readonly by: string;
  /** What was there is kept under this name. */
  readonly keepAs: string;
}

/**
 * Replaces a namespace by a copy of another one, and keeps what was there. Writes are refused while that is under way; reads wait. Its
 * settings stay. False if there was none, so that nothing was kept.
 *
 * @throws {MigrateError} `TENANT_FAILED`; if the namespace was taken away already, the message says where it is.
 */
export async function replaceNamespace(
  admin: SqldAdmin,
  { namespace, by, keepAs }: NamespaceReplacement,
): Promise<boolean> {
  const config = await admin.configOf(namespace);
  const blocked = { block_writes: true, block_reason: "litefleet-migrate restores this database" };
  if (config !== undefined) {
    await admin.configure(namespace, { ...config, ...blocked });
    try {
      await admin.fork(namespace, keepAs);
      await admin.configure(keepAs, config);
    } catch (error) {
      await admin.configure(namespace, config);
      throw error;
    }
    await admin.remove(namespace);
  }
  try {
    if (!(await admin.fork(by, namespace))) {
      throw new MigrateError(`Namespace ${namespace} was made by somebody else meanwhile.`, "TENANT_FAILED");
    }
    const own = config ?? (await admin.configOf(namespace));
    // A backup may have been taken while writes were blocked.
    if (own !== undefined)
      await admin.configure(namespace, config ?? { ...own, block_writes: false, block_reason: null });
  } catch (cause) {
    if (config === undefined) throw cause;
    throw new MigrateError(
      `Namespace ${namespace} could not be made anew from ${by}; what was there is ${keepAs}. Restore once more.`,
      "TENANT_FAILED",
      { cause },
    );
  }
  return config !== undefined;
}
