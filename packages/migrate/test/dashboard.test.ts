import { request } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { writeHtmlReport } from "../src/dashboard/html-report.ts";
import { serveDashboard } from "../src/dashboard/serve-dashboard.ts";
import type { Dashboard } from "../src/dashboard/serve-dashboard.ts";
import type { RunTenant } from "../src/run/run-record.ts";
import { missingBrowser, startBrowser } from "./browser.ts";
import type { TestBrowser } from "./browser.ts";
import { failedTenant, MemoryLedger, runRecord, runTenant } from "./run-fixture.ts";
import { scratchFolder } from "./scratch.ts";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let ledger: MemoryLedger;
let dashboard: Dashboard | undefined;

afterEach(async () => {
  await dashboard?.close();
  dashboard = undefined;
});

async function serve(
  ...runs: { readonly id: string; readonly tenants: readonly RunTenant[]; readonly running?: true }[]
): Promise<Dashboard> {
  ledger = new MemoryLedger();
  for (const run of runs) put(run);
  dashboard = await serveDashboard({
    reader: ledger,
    onError: (error) => {
      throw error;
    },
  });
  return dashboard;
}

function put({
  id,
  tenants,
  running,
}: {
  readonly id: string;
  readonly tenants: readonly RunTenant[];
  readonly running?: true;
}): void {
  const over = running
    ? { state: "running" as const, endedAt: undefined, startedAt: Date.now(), heartbeatAt: Date.now() }
    : {};
  ledger.put(runRecord(tenants, { id, ...over }), tenants);
}

const first = "20260301-142501-0001";
const second = "20260301-142502-0002";
const fleet = [
  ...Array.from({ length: 6 }, (_, i) => runTenant(`tenant-${i}`, { wave: i === 0 ? 0 : 1, durationMs: 10 * (i + 1) })),
  failedTenant("acme", "ROW_LOSS", { wave: 1 }),
  failedTenant("globex", "ROW_LOSS", { wave: 1 }),
  failedTenant("initech", "TENANT_BUSY", { wave: 1 }),
  runTenant("late", {
    wave: 1,
    state: "waiting",
    applied: [],
    version: undefined,
    durationMs: undefined,
    startedAt: undefined,
  }),
];

describe("the server", () => {
  const get = (
    url: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<{ status: number; headers: Record<string, unknown>; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { headers, method }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.on("error", reject).end();
    });

  test("answers to 127.0.0.1 and localhost, whatever name leads to it", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    const { port, host } = new URL(url);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/u);
    expect(await get(url)).toMatchObject({ status: 200 });
    expect(await get(url, { Host: `localhost:${port}` })).toMatchObject({ status: 200 });
    for (const Host of [
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1.evil.example:${port}`,
      "evil.example",
      `${host}@evil`,
    ]) {
      for (const place of ["", "events"]) {
        const { status, body } = await get(url + place, { Host });
        expect(status).toBe(403);
        expect(body).not.toContain("acme");
      }
    }
  });

  test("has one page and one stream, for GET, and nothing for pages of others", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    expect(await get(`${url}package.json`)).toMatchObject({ status: 404 });
    expect(await get(`${url}../../etc/passwd`)).toMatchObject({ status: 404 });
    expect(await get(url, {}, "POST")).toMatchObject({ status: 405 });
    expect(await get(`${url}events`, { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" })).toMatchObject({
      status: 403,
    });
    const { headers } = await get(url);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    expect(headers["content-security-policy"]).toMatch(
      /default-src 'none'; script-src 'sha256-[^;]+; .*frame-ancestors 'none'/u,
    );
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*/u);
  });
});

const missing = await missingBrowser();

describe.skipIf(missing !== undefined)(`in Chromium${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let chromium: TestBrowser;
  let page: Page;
  const faults: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    chromium = await startBrowser();
  });
  afterAll(async () => {
    await chromium[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await page.context().close();
    // Nothing was thrown, and nothing refused by the page's policy.
    if (faults.length > 0) throw new Error(faults.splice(0).join("\n"));
  });

  async function open(
    url: string,
    options: { readonly colorScheme?: "dark" | "light"; readonly width?: number } = {},
  ): Promise<void> {
    const { colorScheme = "light", width = 1300 } = options;
    const context = await chromium.browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    page = await context.newPage();
    requests.length = 0;
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    page.on("dialog", (dialog) => {
      faults.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (sent) => requests.push(sent.url()));
    await page.goto(url);
    await page.waitForSelector("body:not(.empty) #rows tr");
  }

  const text = async (selector: string): Promise<string> =>
    ((await page.textContent(selector)) ?? "").replaceAll("\u00A0", " ");
  const texts = async (selector: string): Promise<string[]> =>
    (await page.locator(selector).allTextContents()).map((one) => one.replaceAll("\u00A0", " "));
  /** Waits until the page has so many of these. */
  const untilCount = async (selector: string, count: number): Promise<void> => {
    await expect.poll(() => page.locator(selector).count(), { timeout: 20_000 }).toBe(count);
  };
  const chips = async (): Promise<Record<string, string>> => {
    const numbers = await texts(".chip .number");
    return Object.fromEntries((await texts(".chip .label")).map((label, i) => [label, numbers[i] ?? ""]));
  };

  test("shows the fleet by version and state, the waves, the errors and the tenants", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    await open(url);
    expect(await chips()).toEqual({ Failed: "3", "Under way": "0", Migrated: "6", "Up to date": "0", Waiting: "1" });
    expect(await texts(".version h3")).toEqual(["0002_add_plans", "0001_starter_plan", "Not run yet"]);
    expect(await texts(".version header .quiet")).toEqual(["6 tenants", "3 tenants, 3 failed", "1 tenant"]);
    expect(await texts("#waves li strong")).toEqual(["1. 1", "2. 100%"]);
    expect((await texts("#waves li .quiet"))[1]).toBe("done · 8/9 · 3 failed · 1.0 s");
    expect(await texts("#errors .badge")).toEqual(["2", "1"]);
    expect(await texts("#errors code")).toEqual(["ROW_LOSS in 0002_add_plans", "TENANT_BUSY in 0002_add_plans"]);
    expect(await texts("#errors .names")).toEqual(["acme, globex", "initech"]);
    expect(await texts("#rows th")).toEqual([
      "acme",
      "globex",
      "initech",
      ...fleet.slice(0, 6).map(({ name }) => name),
      "late",
    ]);
    expect(await texts("#slowest .link")).toEqual(["tenant-5", "tenant-4", "tenant-3", "tenant-2", "tenant-1"]);
    expect(await page.title()).toBe("Some failed · up · Litefleet");
    // What is drawn is what is there: three cells of the second version have the colour of failure.
    const colors = await page.evaluate(`(() => {
      const canvas = document.querySelectorAll("canvas")[1];
      const scale = canvas.width / canvas.clientWidth;
      const colorAt = (place) => canvas.getContext("2d").getImageData((place * 26 + 3) * scale, 3 * scale, 1, 1).data.join(",");
      return [0, 1, 2, 3].map(colorAt);
    })()`);
    expect(colors).toEqual(["214,69,69,255", "214,69,69,255", "214,69,69,255", "0,0,0,0"]);
    expect(requests.every((one) => one.startsWith(url) || one.startsWith("data:"))).toBe(true);
  });

  test("is live: tenants, waves, and a newer run in place of the old one", async () => {
    const waiting = { state: "waiting" as const, applied: [], version: "0001_starter_plan", durationMs: undefined };
    const tenants = ["a", "b", "c", "d"].map((name) => runTenant(name, waiting));
    const { url } = await serve({ id: first, tenants, running: true });
    await open(url);
    expect(await chips()).toMatchObject({ Migrated: "0", Waiting: "4" });
    put({
      id: first,
      tenants: [
        runTenant("a"),
        runTenant("b", { ...waiting, state: "running", startedAt: Date.now() }),
        ...tenants.slice(2),
      ],
      running: true,
    });
    await untilCount(".version", 2);
    expect(await chips()).toMatchObject({ Migrated: "1", "Under way": "1", Waiting: "2" });
    expect(await text("#slowest-title")).toBe("Slowest under way");
    put({ id: first, tenants: [runTenant("a"), runTenant("b"), runTenant("c"), failedTenant("d", "ROW_LOSS")] });
    await page.waitForSelector("#state.partial");
    expect(await chips()).toMatchObject({ Migrated: "3", Failed: "1" });
    put({ id: second, tenants: [runTenant("new")] });
    await page.waitForSelector("#state.done");
    expect(await texts("#rows th")).toEqual(["new"]);
    await page.selectOption("#runs", first);
    await page.waitForSelector("#state.partial");
    expect(page.url()).toBe(`${url}?run=${first}`);
  });

  test("search, states and errors filter the fleet", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    await open(url);
    await page.keyboard.press("/");
    await page.keyboard.type("TENANT-3");
    await untilCount("#rows tr", 1);
    expect(await text("#matches")).toBe("1 of 10 tenants");
    await page.click("#clear");
    await page.click(".error >> nth=0");
    await untilCount("#rows tr", 2);
    expect(await texts("#rows th")).toEqual(["acme", "globex"]);
    expect(await page.getAttribute(".error >> nth=0", "aria-pressed")).toBe("true");
    await page.click(".error >> nth=0");
    await page.click('.chip:has-text("Waiting")');
    await untilCount("#rows tr", 1);
    expect(await texts("#rows th")).toEqual(["late"]);
    await page.fill("#search", "nobody");
    await page.waitForSelector("#nothing:visible");
  });

  test("works by keyboard: a cell is told, opened and closed", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    await open(url);
    await page.focus("#search");
    await page.keyboard.press("Tab");
    expect(await text("#announcer")).toBe("tenant-0: Migrated, 10 ms, at 0002_add_plans");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    expect(await text("#announcer")).toBe("globex: Failed, ROW_LOSS, 12 ms, at 0001_starter_plan");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#detail[open]");
    expect(await text("#detail-name")).toBe("initech");
    expect(await text("#detail pre")).toBe("Tenant initech: TENANT_BUSY happened");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#detail:not([open])", { state: "attached" });
    await page.click("canvas >> nth=0", { position: { x: 26 * 2 + 5, y: 5 } });
    expect(await text("#detail-name")).toBe("tenant-2");
  });

  test.each(["light", "dark"] as const)("axe finds nothing wrong, %s and narrow", async (colorScheme) => {
    const { url } = await serve({ id: first, tenants: fleet });
    await open(url, { colorScheme, width: 400 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
    for (const openDetail of [false, true]) {
      if (openDetail) await page.click("#rows button");
      // The page's policy does not hold for the tool that drives it.
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    }
  });

  test("colours are the system's, or those that are chosen", async () => {
    const { url } = await serve({ id: first, tenants: fleet });
    await open(url, { colorScheme: "dark" });
    const background = (): Promise<unknown> =>
      page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const dark = await background();
    await page.click("#theme");
    expect(await background()).not.toBe(dark);
    await page.reload();
    await page.waitForSelector("#rows tr");
    expect(await background()).not.toBe(dark);
    await page.click("#theme");
    expect(await background()).toBe(dark);
  });

  const evil = `<img src=x onerror="globalThis.hacked=1">`;
  const script = "</script><script>globalThis.hacked=1</script><!--";
  const nasty = [
    runTenant(evil, { target: script, version: evil, applied: [evil] }),
    failedTenant(script, evil, {
      target: evil,
      error: { code: evil, message: script + evil, migration: evil, causeCode: script },
    }),
    runTenant("__proto__", { version: "__proto__" }),
  ];

  async function expectHarmless(): Promise<void> {
    expect(await texts("#rows th")).toEqual([script, evil, "__proto__"]);
    for (const [place, tenant] of nasty.entries()) {
      await page.click(`#rows tr:has-text("${tenant.name.replaceAll('"', String.raw`\"`)}") button >> nth=0`);
      await page.click("#close");
      expect(place).toBeLessThan(3);
    }
    await page.focus("canvas");
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("globalThis.hacked")).toBeUndefined();
    expect(await page.locator("img, main script").count()).toBe(0);
  }

  test("names and errors are text, never markup", async () => {
    const { url } = await serve({ id: first, tenants: nasty });
    await open(url);
    await expectHarmless();
  });

  test("--html: the same page in a file that asks for nothing", async () => {
    const folder = await scratchFolder();
    const file = path.join(folder, "run.html");
    await writeHtmlReport(file, { run: runRecord(nasty), tenants: nasty });
    await open(pathToFileURL(file).href);
    await expectHarmless();
    expect(requests.filter((one) => !one.startsWith("data:"))).toEqual([pathToFileURL(file).href]);
    expect(await page.locator("#runs").isVisible()).toBe(false);
  });

  test("10,000 tenants: few elements, every cell drawn, and changes come through", async () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      runTenant(`t${i}`, {
        state: "waiting",
        version: i % 2 === 0 ? "0001_starter_plan" : "0000_blog",
        durationMs: undefined,
      }),
    );
    const { url } = await serve({ id: first, tenants: many, running: true });
    await open(url);
    expect(await text("#matches")).toBe("10,000 tenants");
    expect(await page.locator("*").count()).toBeLessThan(1_500);
    const done = many.map(({ name }, i) => (i < 5_000 ? runTenant(name) : many[i]!));
    put({ id: first, tenants: done, running: true });
    await untilCount(".version", 3);
    expect(await chips()).toMatchObject({ Migrated: "5,000", Waiting: "5,000" });
    await page.fill("#search", "t4999");
    await untilCount("#rows tr", 1);
    await page.click("#clear");
    await page.click("#more");
    await untilCount("#rows tr", 550);
  });

  test("without a run it waits for one", async () => {
    const { url } = await serve();
    const context = await chromium.browser.newContext();
    page = await context.newPage();
    await page.goto(url);
    await page.waitForSelector(".welcome:visible");
    put({ id: first, tenants: fleet });
    await page.waitForSelector("#rows tr");
  });
});
