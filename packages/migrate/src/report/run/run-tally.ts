import type { RunEvent } from "../../run/run-event.ts";
import type { RunRecord, RunWave } from "../../run/run-record.ts";

/** How far a run is, from its events. */
export class RunTally {
  run: RunRecord | undefined;
  wave: RunWave | undefined;
  /** Tenants that are done with, and those of them that failed; with what an earlier part of the same run did. */
  done = 0;
  failed = 0;
  /** Tenants that have ended since this part of the run began. */
  ended = 0;
  /** Names of tenants under way and when they began, in that order. */
  readonly underWay = new Map<string, number>();

  take(event: RunEvent, now: number): void {
    if (event.type === "run-start") {
      const { counts } = event.run;
      this.run = event.run;
      this.done = counts.migrated + counts["up-to-date"] + counts.failed;
      this.failed = counts.failed;
    } else if (event.type === "wave-start") {
      this.wave = event.wave;
    } else if (event.type === "tenant-start") {
      this.underWay.set(event.tenant.name, now);
    } else if (event.type === "tenant-end") {
      this.underWay.delete(event.tenant.name);
      this.done += 1;
      this.ended += 1;
      if (event.tenant.state === "failed") this.failed += 1;
    }
  }

  get total(): number {
    return this.run?.counts.total ?? 0;
  }

  /** `wave 2 of 3 (10%)`; nothing for a run of one wave. */
  get waveText(): string {
    const waves = this.run?.waves.length ?? 0;
    return waves < 2 || this.wave === undefined ? "" : `wave ${this.wave.index + 1} of ${waves} (${this.wave.label})`;
  }
}
