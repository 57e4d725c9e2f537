import { expect, test } from "vitest";
import { Lane, laneOf } from "../src/run/lane.ts";

/** One round: as many tenants as the lane lets through, each taking so long. */
function round(lane: Lane, durationMs: number): void {
  let started = 0;
  while (lane.hasRoom) {
    lane.start();
    started += 1;
  }
  for (let i = 0; i < started; i += 1) lane.end(durationMs);
}

test("a refusal halves what is under way, once a round, and each good round gives one back", () => {
  const lane = new Lane(16);
  round(lane, 10);
  expect(lane.limit).toBe(16);
  lane.refused();
  lane.refused();
  expect(lane.limit).toBe(8);
  round(lane, 10);
  expect(lane.limit).toBe(8);
  round(lane, 10);
  expect(lane.limit).toBe(9);
  for (let i = 0; i < 20; i += 1) round(lane, 10);
  expect(lane.limit).toBe(16);
});

test("it never falls below one", () => {
  const lane = new Lane(4);
  for (let i = 0; i < 6; i += 1) {
    lane.refused();
    round(lane, 10);
  }
  expect(lane.limit).toBe(1);
  expect(lane.hasRoom).toBe(true);
});

test("slowness takes half away at most", () => {
  const lane = new Lane(16);
  round(lane, 50);
  for (let i = 0; i < 20; i += 1) round(lane, 1_000);
  expect(lane.limit).toBe(8);
});

test.each([
  ["http://127.0.0.1:8080", "127.0.0.1:8080"],
  ["libsql://acme-org.turso.io", "turso.io"],
  ["libsql://globex-org.aws-us-east-1.turso.io", "turso.io"],
  ["https://turso.io.example.com/x", "turso.io.example.com"],
])("%s is a load of %s", (url, lane) => {
  expect(laneOf(url)).toBe(lane);
});
