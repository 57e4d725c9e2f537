import { migrateFleet } from "../../src/index.ts";

// Migrates the tenants that it is given behind a fence; to be killed meanwhile.
const { dir, tenants, ledger } = JSON.parse(process.argv[2] ?? "") as Parameters<typeof migrateFleet>[0];
const { counts } = await migrateFleet({ dir, tenants, ledger, fence: true });
process.stderr.write(`done ${counts.migrated}\n`);
