import { access, appendFile, constants, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeHtmlReport } from "../dashboard/html-report.ts";
import { MigrateError } from "../errors.ts";
import { githubAnnotations, githubSummary } from "../report/run/github.ts";
import { junitXml } from "../report/run/junit.ts";
import { ndjsonReporter } from "../report/run/ndjson.ts";
import { createRunProgress } from "../report/run/run-progress.ts";
import type { RunReport } from "../report/run/run-report.ts";
import { allReporters } from "../report/run/run-reporter.ts";
import type { RunReporter } from "../report/run/run-reporter.ts";
import type { RawOptions } from "./command.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";
import { readReporter } from "./report-options.ts";

/** Tells a run: while it is under way, and when it is over. */
export interface RunOutput extends RunReporter {
  /** The surroundings, with a stderr that can be written to beside the display. */
  readonly io: Io;
  /** Writes the data, as a document or as text for people, and the files. */
  finish(report: RunReport, document: object, text: () => string): Promise<void>;
}

/**
 * The output that the options ask for.
 *
 * @throws {MigrateError} `ARGUMENT_INVALID` for a file that cannot be written.
 */
export async function openRunOutput(
  options: RawOptions,
  io: Io,
  words: { readonly doing: string; readonly done: string },
): Promise<RunOutput> {
  await checkReportFiles(options);
  const reporter = readReporter(options);
  const progress = createRunProgress(io.err, words);
  const { onEvent, end } = allReporters(reporter === "ndjson" ? [progress, ndjsonReporter(io.out)] : [progress]);
  return {
    io: { ...io, err: progress.output },
    onEvent,
    end,
    finish: async (report, document, text) => {
      if (reporter === "json") io.out.write(`${JSON.stringify(document, undefined, 2)}\n`);
      else if (reporter === "pretty") io.out.write(text());
      else if (reporter === "github") await writeGithub(report, io);
      await writeReportFiles(options, report);
    },
  };
}

/** Files that cannot be written are found out before anything is run. */
export async function checkReportFiles(options: RawOptions): Promise<void> {
  for (const flag of ["junit", "html"]) {
    const file = optionalText(options[flag]);
    if (file === undefined) continue;
    const found = await stat(file).catch(() => undefined);
    try {
      if (found?.isDirectory()) throw new Error("it is a folder");
      await access(found === undefined ? path.dirname(path.resolve(file)) : file, constants.W_OK);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MigrateError(`--${flag} ${file} cannot be written: ${reason}.`, "ARGUMENT_INVALID", { cause });
    }
  }
}

/** Writes the files that the options ask for. */
export async function writeReportFiles(options: RawOptions, report: RunReport): Promise<void> {
  const junit = optionalText(options["junit"]);
  const html = optionalText(options["html"]);
  if (junit !== undefined) await writeFile(junit, junitXml(report));
  if (html !== undefined) await writeHtmlReport(html, report);
}

async function writeGithub(report: RunReport, io: Io): Promise<void> {
  io.out.write(githubAnnotations(report));
  const summary = io.env["GITHUB_STEP_SUMMARY"];
  if (summary !== undefined && summary !== "") await appendFile(summary, githubSummary(report));
}
