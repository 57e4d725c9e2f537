import type { Colors } from "../cli/io.ts";
import type { LintResult } from "../lint/finding.ts";
import { githubAnnotation } from "./github-text.ts";

/** What `lint` tells, in one of its formats. */
export const describeLint = { pretty, github, summary };

/** Findings under their files. */
function pretty({ findings }: LintResult, colors: Colors): string {
  const files = [...new Set(findings.map(({ file }) => file))];
  return files
    .map((file) => {
      const lines = findings
        .filter((finding) => finding.file === file)
        .map(({ line, severity, rule, message }) => {
          const paint = severity === "error" ? colors.red : colors.yellow;
          return `  ${String(line).padStart(4)}  ${paint(severity)}  ${message}  ${colors.dim(rule)}\n`;
        });
      return `${colors.bold(file)}\n${lines.join("")}`;
    })
    .join("\n");
}

/** Annotations for GitHub Actions. */
function github({ findings }: LintResult): string {
  return findings
    .map(({ severity, file, line, rule, message }) =>
      githubAnnotation(severity, { file, line, title: `litefleet ${rule}` }, message),
    )
    .join("");
}

function summary({ findings }: LintResult, colors: Colors): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (findings.length === 0) return `${colors.green("No findings.")}\n`;
  return `${errors} error(s), ${findings.length - errors} warning(s). A comment "-- litefleet:allow <rule>" above a statement takes one out.\n`;
}
