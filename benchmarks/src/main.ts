import { Report } from "./report.ts";

/** The benchmarks by name; each is loaded when it is asked for. */
const benchmarks: Readonly<Record<string, () => Promise<(report: Report) => Promise<void>>>> = {
  concurrency: async () => (await import("./concurrency.ts")).benchConcurrency,
  driver: async () => (await import("./driver.ts")).benchDriver,
  drizzle: async () => (await import("./drizzle.ts")).benchDrizzle,
  fleet: async () => (await import("./fleet.ts")).benchFleet,
  kysely: async () => (await import("./kysely.ts")).benchKysely,
  offline: async () => (await import("./offline.ts")).benchOffline,
  migrate: async () => (await import("./migrate.ts")).benchMigrate,
  prisma: async () => (await import("./prisma.ts")).benchPrisma,
  replica: async () => (await import("./replica.ts")).benchReplica,
  vectors: async () => (await import("./vectors.ts")).benchVectors,
  soak: async () => (await import("./soak.ts")).benchSoak,
};

const names = process.argv.slice(2);
const chosen = names.length > 0 ? names : Object.keys(benchmarks);
const report = new Report();
for (const name of chosen) {
  const load = benchmarks[name];
  if (load === undefined) {
    process.stderr.write(`There is no benchmark ${name}; there are: ${Object.keys(benchmarks).join(", ")}\n`);
    process.exit(1);
  }
  report.heading(`${name} (node ${process.version}; ratios in this run, medians of 5 rounds in turns)`);
  await (
    await load()
  )(report);
}
process.stdout.write(report.missed === 0 ? "\nall targets met\n" : `\ntargets missed: ${report.missed}\n`);
