import { writeFile } from "node:fs/promises";
import type { RunReport } from "../report/run/run-report.ts";
import { createPage } from "./page-html.ts";
import { snapshotOf } from "./snapshot.ts";

/** Writes a run as a page that needs nothing beside itself. */
export async function writeHtmlReport(file: string, report: RunReport): Promise<void> {
  const { html } = await createPage(snapshotOf(report));
  await writeFile(file, html);
}
