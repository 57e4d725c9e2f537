import path from "node:path";
import type { Check } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { redact } from "../redact.ts";
import { describeDoctor } from "../report/doctor.ts";
import type { RawOptions } from "./command.ts";
import { configOf } from "./config-options.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";
import { readRunsOptions } from "./rollout-options.ts";

/** `litefleet-migrate doctor` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const cwd = process.cwd();
  const { format, ledgerTable, concurrency, source } = readFleetOptions(options, io);
  const found = await examine({
    cwd,
    config: checkConfig(options, cwd),
    dir: optionalText(options["dir"]),
    sourceOptions: { source: format, ledgerTable },
    tenants: source,
    concurrency,
    ledger: configOf(options)?.values.ledger === false ? false : readRunsOptions(options, io).ledger,
  });
  const secrets = [io.env["LIBSQL_AUTH_TOKEN"], io.env["TURSO_AUTH_TOKEN"]];
  const checks = found.map((one) => ({ ...one, message: redact(one.message, secrets) }));
  if (options["json"] === true) io.out.write(`${JSON.stringify({ command: "doctor", checks }, undefined, 2)}\n`);
  else io.out.write(describeDoctor.list(checks, io.out.colors));
  io.err.write(describeDoctor.summary(checks, io.err.colors));
  return checks.some(({ state }) => state === "problem") ? exitCodes.differences : exitCodes.done;
}

function checkConfig(options: RawOptions, cwd: string): Check {
  const name = "configuration";
  const { configError } = options;
  if (configError instanceof Error) {
    return {
      name,
      state: "problem",
      message: configError.message,
      cure: "Correct the file; the message names what is wrong.",
    };
  }
  const config = configOf(options);
  if (config !== undefined)
    return { name, state: "ok", message: `in ${path.relative(cwd, config.cwd) || "this folder"}` };
  const cure = "npx litefleet-migrate init writes one; or say everything with flags.";
  return { name, state: "warning", message: "there is no litefleet.config.ts", cure };
}
