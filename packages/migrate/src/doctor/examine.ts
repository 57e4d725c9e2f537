import { loadMigrations } from "../load-migrations.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { RunsOptions } from "../run/ledger-reader.ts";
import type { SourceOptions } from "../source/source.ts";
import { checkRunLedger } from "./check-ledger.ts";
import { checkEngine, checkNode, checkOpenFiles, checkPeers } from "./check-machine.ts";
import { checkTenants } from "./check-tenants.ts";
import { checkOf } from "./check.ts";
import type { Check } from "./check.ts";

/** A set-up, as the command line and the configuration say it. */
export interface SetUp {
  readonly cwd: string;
  /** What came of the configuration. */
  readonly config: Check;
  readonly dir: string | undefined;
  readonly sourceOptions: SourceOptions;
  readonly tenants: FleetSource;
  readonly concurrency: number;
  /** `false`: runs are not written down. */
  readonly ledger: RunsOptions["ledger"] | false;
}

/** Looks at everything that a run needs. Changes nothing. */
export async function examine(setUp: SetUp): Promise<Check[]> {
  const { cwd, config, dir, sourceOptions, tenants, concurrency, ledger } = setUp;
  const checks = [await checkNode(), config, await checkFolder(dir, sourceOptions)];
  checks.push(await checkEngine(tenants.engine ?? "libsql"), ...(await checkPeers(cwd)));
  if (tenants.targets === undefined && tenants.tenants === undefined) {
    checks.push({
      name: "tenants",
      state: "problem",
      message: "none are named",
      cure: "Name them with targets or tenants in the configuration, or with --targets.",
    });
  } else checks.push(...(await checkTenants(tenants, concurrency)));
  if (ledger !== false && ledger !== undefined) checks.push(await checkRunLedger(ledger, cwd));
  checks.push(await checkOpenFiles(concurrency));
  return checks;
}

async function checkFolder(dir: string | undefined, options: SourceOptions): Promise<Check> {
  if (dir === undefined) {
    const cure = "Name it with dir in the configuration, or with --dir.";
    return { name: "migrations", state: "problem", message: "no folder is named", cure };
  }
  return checkOf("migrations", `Look at ${dir}; npx litefleet-migrate lint --dir ${dir} tells more.`, async () => {
    const { source, migrations } = await loadMigrations(dir, options);
    return { state: "ok", message: `${dir}: ${migrations.length} of ${source}` };
  });
}
