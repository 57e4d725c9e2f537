import { serveDashboard } from "../dashboard/serve-dashboard.ts";
import type { Dashboard, DashboardOptions } from "../dashboard/serve-dashboard.ts";
import { MigrateError } from "../errors.ts";
import { redact } from "../redact.ts";
import { createRunReader, requireRun } from "../run/ledger-reader.ts";
import { defaultLedger, openLedger } from "../run/open-ledger.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";
import { readRunsOptions } from "./rollout-options.ts";

/** `litefleet-migrate dashboard` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { ledger = defaultLedger, cwd } = readRunsOptions(options, io);
  // A ledger that is not there yet is made: the dashboard may be opened before the first run.
  const reader = createRunReader(await openLedger(ledger, cwd));
  try {
    const wanted = optionalText(options["run"]);
    const { id } = wanted === undefined ? {} : await requireRun(reader, wanted);
    let told = "";
    const onError = (error: unknown): void => {
      const text = redact(error instanceof Error ? error.message : String(error));
      if (text !== told) io.err.write(`${io.err.colors.red("error")} ${text}\n`);
      told = text;
    };
    const port = typeof options["port"] === "number" ? options["port"] : 0;
    const dashboard = await open({ reader, port, onError, ...(id !== undefined && { run: id }) });
    try {
      if (options["json"] === true) io.out.write(`${JSON.stringify({ command: "dashboard", url: dashboard.url })}\n`);
      else io.out.write(`${dashboard.url}\n`);
      io.err.write("Open it in a browser of this machine. Ctrl-C ends it.\n");
      await new Promise<void>((resolve) => {
        io.onInterrupt(resolve);
      });
      return exitCodes.done;
    } finally {
      await dashboard.close();
    }
  } finally {
    await reader.close();
  }
}

async function open(options: DashboardOptions): Promise<Dashboard> {
  try {
    return await serveDashboard(options);
  } catch (cause) {
    throw new MigrateError(
      `The port ${options.port} cannot be had: ${String(cause)}. Give another one, or leave --port out.`,
      "ARGUMENT_INVALID",
      { cause },
    );
  }
}
