import type { TenantState } from "./page-data.ts";

/** The states of a tenant, in the order in which they are shown. */
export const states: readonly TenantState[] = ["failed", "running", "migrated", "up-to-date", "waiting"];

const stateWords: Readonly<Record<TenantState, string>> = {
  failed: "Failed",
  running: "Under way",
  migrated: "Migrated",
  "up-to-date": "Up to date",
  waiting: "Waiting",
};

/** A state for people. */
export function stateWord(state: TenantState): string {
  return stateWords[state];
}

/** A number with a comma every three digits. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 tenant`, `2 tenants`. */
export function tenantsText(value: number): string {
  return `${count(value)} ${value === 1 ? "tenant" : "tenants"}`;
}

/** A duration for people, which is not broken over lines. */
export function durationText(ms: number): string {
  return plainDuration(ms).replaceAll(" ", "\u00A0");
}

function plainDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A day and time of this place. */
export function timeText(time: number): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
