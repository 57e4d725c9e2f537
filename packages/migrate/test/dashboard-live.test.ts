import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { blogDir } from "./blog.ts";
import { missingBrowser, startBrowser } from "./browser.ts";
import { startCli } from "./run-node.ts";
import { openFile, scratchFolder } from "./scratch.ts";

// A browser and two processes take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const missing = await missingBrowser();

describe.skipIf(missing !== undefined)(
  `a real run in Chromium${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    test("the page follows it from its first tenant to its end", async () => {
      const cwd = await scratchFolder();
      await mkdir(path.join(cwd, "data"));
      const names = Array.from({ length: 30 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      // The second tenant is held by another writer, so that the run waits where the page can be looked at.
      const holder = openFile(path.join(cwd, "data/t01.db"));
      await holder.execute("CREATE TABLE held (x)");
      const writer = await holder.transaction("write");
      const dashboard = startCli(["dashboard"], { cwd });
      const url = await dashboard.stdoutOf(/(http:\/\/127\.0\.0\.1:\d+\/)/u);
      await using chromium = await startBrowser();
      const page = await chromium.browser.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      await page.goto(url);
      await page.waitForSelector(".welcome:visible");

      const targets = names.map((name) => `data/${name}.db`);
      const run = startCli(
        ["up", "--dir", blogDir, "--targets", ...targets, "--concurrency", "1", "--waves", "2,100%"],
        { cwd },
      );
      await page.waitForSelector("#state.running");
      await page.waitForSelector('.chip:has-text("Under way") .number:text-is("1")');
      await page.waitForSelector('.chip:has-text("Migrated") .number:text-is("1")');
      expect(await page.locator("#waves li").count()).toBe(2);
      await page.waitForSelector('#slowest .link:text-is("t01")');

      await writer.rollback();
      expect(await run.ended).toMatchObject({ code: 0 });
      await page.waitForSelector("#state.done");
      await page.waitForSelector('.chip:has-text("Migrated") .number:text-is("30")');
      expect(await page.locator(".version h3").allTextContents()).toEqual(["0001_starter_plan"]);
      expect(faults).toEqual([]);
      dashboard.kill("SIGTERM");
      expect(await dashboard.ended).toMatchObject({ code: 0 });
      holder.close();
    });
  },
);
