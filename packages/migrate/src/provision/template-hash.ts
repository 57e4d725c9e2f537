import { createHash } from "node:crypto";
import type { MigrationSet } from "../migration.ts";

/** Changes when a template is made in another way. */
const form = 1;

/** What a template depends on, as 16 hexadecimal digits: another text, name or order of the migrations is another template. */
export function templateHash(set: MigrationSet, kind: string): string {
  const { source, ledger, migrations } = set;
  const parts = [form, kind, source, ledger.table, migrations.map(({ name, hash }) => [name, hash])];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
