import { relations } from "drizzle-orm";
import { customType, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** A unit vector of latitude and longitude: three 32-bit floats. */
const position = customType<{ data: ArrayBuffer; driverData: ArrayBuffer }>({ dataType: () => "F32_BLOB(3)" });

export const countries = sqliteTable("countries", {
  code: text("code").primaryKey(),
  name: text("name").notNull(),
  status: text("status").notNull().default("published"),
});

export const districts = sqliteTable("districts", {
  id: text("id").primaryKey(),
  countryCode: text("country_code")
    .notNull()
    .references(() => countries.code, { onDelete: "cascade" }),
});

export const cities = sqliteTable("cities", {
  id: integer("id").primaryKey(),
  name: text("name").notNull(),
  countryCode: text("country_code")
    .notNull()
    .references(() => countries.code, { onDelete: "cascade" }),
  districtId: text("district_id")
    .notNull()
    .references(() => districts.id, { onDelete: "cascade" }),
  population: integer("population").notNull(),
  latitude: real("latitude").notNull(),
  longitude: real("longitude").notNull(),
  position: position("position").notNull(),
});

export const citiesRelations = relations(cities, ({ one }) => ({
  district: one(districts, { fields: [cities.districtId], references: [districts.id] }),
}));
