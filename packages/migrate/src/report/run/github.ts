import { groupErrors } from "../error-groups.ts";
import { githubAnnotation } from "../github-text.ts";
import { duration, grouped, namesOf, tenantCount } from "../groups.ts";
import { describeRunState, runDuration } from "./run-words.ts";
import type { RunReport } from "./run-report.ts";

/** GitHub shows ten annotations of a kind a step. */
const shownErrors = 9;

/** GitHub takes a mebibyte of summary a step. */
const shownInSummary = 100;

/** Annotations: one for each kind of error, and one for the run. */
export function githubAnnotations({ run, tenants }: RunReport): string {
  const title = `litefleet ${run.command}`;
  const groups = groupErrors(tenants);
  const errors = groups.slice(0, shownErrors).map(({ code, message, count, tenants: names }) => {
    return githubAnnotation(
      "error",
      { title: `${title}: ${code}` },
      `${message}\n${tenantCount(count)}: ${namesOf(names, count)}`,
    );
  });
  const kind = run.state === "done" ? "notice" : "error";
  const more =
    groups.length > shownErrors ? ` ${groups.length - shownErrors} more kinds of errors are in the summary.` : "";
  return `${errors.join("")}${githubAnnotation(kind, { title }, `${describeRunState(run)}.${more}`)}`;
}

/** Markdown for the summary of a step. */
export function githubSummary({ run, tenants }: RunReport): string {
  const { counts } = run;
  const lines = [
    `### litefleet-migrate ${run.command}: ${run.state}`,
    "",
    `Run \`${run.id}\`, ${duration(runDuration(run))}.`,
    "",
    "| tenants | migrated | up to date | failed | not run |",
    "| ---: | ---: | ---: | ---: | ---: |",
    `| ${[counts.total, counts.migrated, counts["up-to-date"], counts.failed, counts.waiting + counts.running].map(grouped).join(" | ")} |`,
  ];
  if (run.waves.length > 1) {
    lines.push("", "| wave | tenants | state |", "| --- | ---: | --- |");
    for (const { index, label, size, state, reason } of run.waves) {
      lines.push(
        `| ${index + 1}: ${cell(label)} | ${grouped(size)} | ${state}${reason === undefined ? "" : `: ${cell(reason)}`} |`,
      );
    }
  }
  const groups = groupErrors(tenants);
  if (groups.length > 0) {
    lines.push("", "| error | tenants | first | message |", "| --- | ---: | --- | --- |");
    for (const { code, count, tenants: names, message } of groups.slice(0, shownInSummary)) {
      lines.push(`| ${code} | ${grouped(count)} | ${cell(namesOf(names, count))} | ${cell(message)} |`);
    }
  }
  return `${lines.join("\n")}\n\n`;
}

/** Text in a cell of a table, with nothing that Markdown or HTML would read. */
function cell(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|~!]/gu, String.raw`\$&`)
    .replaceAll(/\s+/gu, " ");
}
