import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasteOf } from "./taste.ts";
import { openCookbooks } from "./tenants.ts";
import type { Cookbook } from "./tenants.ts";

const cooks = ["ada", "bob", "cleo"];
const recipes = {
  "Apple cake": { minutes: 60, ingredients: { apple: 500, flour: 200, honey: 50 } },
  "Rice curry": { minutes: 30, ingredients: { rice: 200, curry: 20, chilli: 5 } },
  "Noodle soup": { minutes: 20, ingredients: { noodles: 150, ginger: 10 } },
  "Chilli noodles": { minutes: 15, ingredients: { noodles: 200, chilli: 20, cheese: 50 } },
};

const given = process.argv[2];
const folder = given ?? (await mkdtemp(join(tmpdir(), "litefleet-cookbooks-")));
await mkdir(folder, { recursive: true });
const { fleet, cookbooks } = openCookbooks(folder);
try {
  // Every cook writes the same recipes down, each into a database of its own.
  const counts = await cookbooks.map(writeDown, { names: cooks });
  for (const [i, count] of counts.entries()) console.log(`${cooks[i]}: ${count} recipes`);

  // Two meals at the same moment out of one larder.
  const ada = await cookbooks.for("ada");
  await Promise.all([cook(ada, "Rice curry"), cook(ada, "Rice curry")]);
  const rice = await ada.stock.findUniqueOrThrow({ where: { name: "rice" } });
  console.log(`ada has ${rice.grams} g of rice left`);

  // Like these words, and quickly done, with what Ada has in the larder.
  const near = await ada.recipe.nearest({
    vector: tasteOf("hot noodles with chilli"),
    k: 2,
    where: { minutes: { lte: 30 }, ingredients: { none: { name: "cheese" } } },
    select: { title: true, ingredients: { select: { name: true }, orderBy: { name: "asc" } } },
  });
  for (const { title, ingredients, distance } of near) {
    console.log(`${title} (${distance.toFixed(2)}): ${ingredients.map(({ name }) => name).join(", ")}`);
  }
} finally {
  await cookbooks.close();
  await fleet.close();
  if (given === undefined) await rm(folder, { recursive: true, force: true });
}

async function writeDown(cookbook: Cookbook): Promise<number> {
  for (const [title, { minutes, ingredients }] of Object.entries(recipes)) {
    const create = Object.entries(ingredients).map(([name, grams]) => ({ name, grams }));
    await cookbook.$transaction(async (tx) => {
      await tx.recipe.deleteMany({ where: { title } });
      const { id } = await tx.recipe.create({ data: { title, minutes, ingredients: { create } } });
      await tx.recipe.setVector(id, tasteOf([title, ...Object.keys(ingredients)].join(" ")));
      for (const { name } of create) {
        await tx.stock.upsert({ where: { name }, create: { name, grams: 1000 }, update: { grams: 1000 } });
      }
    });
  }
  return cookbook.recipe.count();
}

/** Takes what the recipe needs out of the larder; run again as a whole if somebody else took something meanwhile. */
async function cook(cookbook: Cookbook, title: string): Promise<void> {
  await cookbook.$transaction(async (tx) => {
    const { ingredients } = await tx.recipe.findUniqueOrThrow({ where: { title }, include: { ingredients: true } });
    for (const { name, grams } of ingredients) {
      const stock = await tx.stock.findUniqueOrThrow({ where: { name } });
      if (stock.grams < grams) throw new Error(`Not enough ${name}`);
      await tx.stock.update({ where: { name }, data: { grams: stock.grams - grams } });
    }
  });
}
