import { vectorColumn } from "@litefleet/kysely-dialect";
import type { Kysely } from "kysely";
import { dimensions } from "../embed.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("tickets")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull().defaultTo("open"))
    .addColumn("embedding", vectorColumn(dimensions), (column) => column.notNull())
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("tickets").execute();
}
