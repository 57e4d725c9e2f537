import { join } from "node:path";
import { inject, test } from "vitest";
import { startProgram } from "./local-fixture.ts";
import { expectAllThere, randomFrom, schema, seed, settle, write } from "./offline-campaign.ts";
import { offlineWorld } from "./offline-fixture.ts";

const kills = inject("soak") ? 60 : 3;

test("a process that is killed amid pushes and pulls loses nothing", { tags: ["soak"] }, async () => {
  const world = await offlineWorld(...schema);
  const random = randomFrom(seed);
  const other = world.open("other");
  const done = { increments: 0, entries: [] as string[] };
  const file = join(world.folder, "killed.db");
  for (let round = 0; round < kills; round += 1) {
    const program = startProgram("offline-until-killed", file, world.server.url, String(round));
    const enough = 5 + Math.floor(random() * 40);
    let acks = 0;
    for (let line = await program.line(); line !== undefined; line = await program.line()) {
      acks += 1;
      if (line === "+1") done.increments += 1;
      else done.entries.push(line);
      if (acks % 10 === 0) {
        await write(other, `other-${round}-${acks}`, random, done);
        await other.sync();
      }
      if (acks >= enough) program.kill();
    }
    await program.ended;
  }
  const killed = world.open("killed");
  await settle(world, [killed, other]);
  // What was under way at a kill may have happened.
  await expectAllThere(world, [killed, other], done, kills);
});
