import { describe, expect, it } from "vitest";
import { localEngines, openFile, scratchFile, startProgram, valueOf } from "./local-fixture.ts";

const processes = 4;
const times = 500;

describe.each(localEngines)("processes that share a file on %s", (engine) => {
  it.each(["WAL", "DELETE"])(
    "lose no increment with journal_mode %s",
    async (journal) => {
      const file = scratchFile();
      const client = openFile(file, { engine, timeout: 10_000 });
      await client.execute(`PRAGMA journal_mode = ${journal}`);
      await client.executeMultiple("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0)");
      const started = Array.from({ length: processes }, () => startProgram("increment", file, engine, String(times)));
      for (const program of started) expect(await program.line()).toBe("ready");
      for (const program of started) program.tell("go");
      const codes = await Promise.all(started.map(({ ended }) => ended));
      expect(codes).toEqual(started.map(() => 0));
      expect(await valueOf(client, "SELECT n FROM counter")).toBe(processes * times);
    },
    120_000,
  );
});
