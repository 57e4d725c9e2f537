import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

/** A Chromium, and what stops it and takes its files away. */
export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"];
const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * Why there is no Chromium on this machine; `undefined` if there is one: `CHROMIUM_PATH`, an installed one, or, on Linux for x64, the one
 * inside of the npm package `@sparticuz/chromium`.
 */
export async function missingBrowser(): Promise<string | undefined> {
  if ((await installedBrowser()) !== undefined) return undefined;
  if (process.platform === "linux" && process.arch === "x64") return undefined;
  return "the npm registry has a Chromium for Linux on x64 only; set CHROMIUM_PATH to one of this machine";
}

async function installedBrowser(): Promise<string | undefined> {
  for (const file of [process.env["CHROMIUM_PATH"], ...installed]) {
    if (
      file !== undefined &&
      (await access(file).then(
        () => true,
        () => false,
      ))
    )
      return file;
  }
  return undefined;
}

/** Starts it. */
export async function startBrowser(): Promise<TestBrowser> {
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-chromium-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const executablePath = (await installedBrowser()) ?? (await unpack(folder));
    // The libraries that it needs come with it, and fonts.
    const libraries = [process.env["LD_LIBRARY_PATH"], path.join(folder, "al2023", "lib")].filter(Boolean).join(":");
    const env = { ...process.env, LD_LIBRARY_PATH: libraries, HOME: folder } as Record<string, string>;
    const browser = await chromium.launch({ executablePath, args, env });
    return {
      browser,
      [Symbol.asyncDispose]: async () => {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Unpacks the package's Chromium into the folder; its module takes the system's temporary folder, so that is set for as long. */
async function unpack(folder: string): Promise<string> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    const { default: packaged, inflate } = await import("@sparticuz/chromium");
    const bin = path.join(path.dirname(new URL(import.meta.resolve("@sparticuz/chromium")).pathname), "..", "bin");
    await inflate(path.join(bin, "al2023.tar.br"));
    return await packaged.executablePath(bin);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
