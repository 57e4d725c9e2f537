import type { PushResult } from "../api.ts";
import { LitefleetError } from "../errors.ts";
import { createMarkers, markersOf, putMarker, selectMarkers } from "./capture.ts";
import type { Marker } from "./capture.ts";
import { isFailedCheck, raising, rowSql, sqlOf } from "./change-sql.ts";
import type { Sql } from "./change-sql.ts";
import type { Change, Unit } from "./change.ts";
import { isRejection } from "./judge.ts";
import type { Judge } from "./judge.ts";
import type { KeptConflict, Outbox } from "./outbox.ts";
import type { Primary } from "./primary.ts";
import type { Row } from "./stored-values.ts";

/** About how many changes go in one request; a transaction is never divided. */
const changesPerRequest = 200;

/** What pushing needs. */
export interface PusherParts {
  readonly primary: Primary;
  readonly outbox: Outbox;
  readonly judge: Judge;
  /** The name of this client at the primary. */
  readonly clientId: string;
  readonly onRefused: (conflict: KeptConflict) => void;
}

/**
 * Sends the outbox to the primary, in slices. Each is one transaction there, which also notes the last change in it: so a slice whose
 * answer was lost is known for sent the next time, and none is carried out twice.
 */
export class Pusher {
  readonly #parts: PusherParts;

  constructor(parts: PusherParts) {
    this.#parts = parts;
  }

  async push(): Promise<PushResult> {
    const { outbox } = this.#parts;
    let [pushed, rejected] = [0, 0];
    for (let most = changesPerRequest; ;) {
      const units = nextUnits(outbox, most);
      if (units.length === 0) return { pushed, rejected };
      const failure = await this.#send(units);
      if (failure === undefined) {
        pushed += units.reduce((sum, { changes }) => sum + changes.length, 0);
        most = changesPerRequest;
      } else if (failure === "elsewhere") {
        await this.#catchUp();
      } else if (failure.unit > 0) {
        // Those before it fit, for all that is known; it comes first in the next slice then.
        most = units.slice(0, failure.unit).reduce((sum, { changes }) => sum + changes.length, 0);
      } else if (await this.#settle(units[0]!, failure)) {
        rejected += 1;
      }
    }
  }

  /** What the primary notes of each client. */
  async markers(): Promise<Map<string, Marker>> {
    const table = { sql: "SELECT 1 FROM sqlite_schema WHERE name = 'turso_sync_last_change_id'", args: [] };
    if ((await this.#parts.primary.read(table)).length === 0) return new Map();
    return markersOf(await this.#parts.primary.read({ sql: selectMarkers, args: [] }));
  }

  /**
   * Gives what the primary has taken of this client.
   *
   * @throws {LitefleetError} `SYNC_FAILED` if it has lost what it had taken and nobody keeps any more, or has taken it from a copy.
   */
  checkMarkers(markers: ReadonlyMap<string, Marker>): Marker {
    const { outbox, clientId } = this.#parts;
    const marker = markers.get(clientId) ?? { seq: 0, slice: 0 };
    const seq = marker.slice === 0 ? 0 : outbox.seqOf(marker.slice);
    if (seq === undefined && marker.seq >= outbox.confirmed) {
      throw new LitefleetError(
        "Another client has pushed under this client's name: its local file is a copy, or was set back to an older state. Nothing was " +
          "pushed or pulled. Start again with a new local file.",
        "SYNC_FAILED",
      );
    }
    if (seq !== undefined && seq >= outbox.confirmed) return { ...marker, seq };
    throw new LitefleetError(
      "The primary no longer has changes that this client has pushed and seen there: it was made anew, or restored from an older " +
        "state. Nothing was pushed or pulled. Bring the primary back, or start again with a new local file.",
      "SYNC_FAILED",
    );
  }

  /** Learns how far the primary is: an answer was lost, or it has lost the end of what it had taken, which is sent again. */
  async #catchUp(): Promise<void> {
    const { seq, slice } = this.checkMarkers(await this.markers());
    this.#parts.outbox.ack(seq, slice);
  }

  async #send(units: readonly Unit[]): Promise<Failure | "elsewhere" | undefined> {
    const { primary, outbox, clientId } = this.#parts;
    const lastSeq = units.at(-1)!.lastSeq;
    const statements: Sql[] = [{ sql: createMarkers, args: [] }, markerCheck(clientId, outbox.ackedSlice)];
    const origins: { unit: number; change: number }[] = [];
    units.forEach(({ changes }, unit) => {
      changes.forEach((one, change) => {
        for (const statement of sqlOf(one)) {
          statements.push(statement.isCheck ? raising(statement) : statement);
          origins.push({ unit, change });
        }
      });
    });
    const slice = outbox.beginSlice(lastSeq);
    statements.push({ sql: putMarker, args: [clientId, BigInt(slice), BigInt(lastSeq)] });
    const outcome = await primary.transaction(statements);
    if ("rows" in outcome) {
      outbox.ack(lastSeq, slice);
      return undefined;
    }
    const { failedAt, reason } = outcome;
    if (failedAt === 1 && isFailedCheck(reason)) return "elsewhere";
    const origin = origins[failedAt - 2];
    if (origin === undefined || !isRejection(reason)) {
      throw new LitefleetError(`The primary could not carry out a push: ${reason}`, "SERVER_ERROR", {
        isRetryable: true,
      });
    }
    return { ...origin, reason };
  }

  /** Brings a rejected unit to an end; true if that was a conflict. */
  async #settle(unit: Unit, failure: Failure): Promise<boolean> {
    const { outbox, judge, onRefused } = this.#parts;
    const asked = new Set<Change>();
    let current = unit;
    for (let latest: Failure = failure; ;) {
      const change = current.changes[latest.change]!;
      const verdict = judge.decide(current.changes, latest.change, await this.#theirs(change), latest.reason, asked);
      if ("refusal" in verdict) {
        onRefused(outbox.refuse(current, verdict.refusal));
        return true;
      }
      const { changes } = verdict;
      outbox.replace(current, changes);
      if (changes.length === 0) return false;
      current = { firstSeq: unit.firstSeq, lastSeq: unit.firstSeq + changes.length - 1, changes };
      const next = await this.#send([current]);
      if (next === undefined || next === "elsewhere") return false;
      latest = next;
    }
  }

  /** The primary's row in the place of a change's. */
  async #theirs(change: Change): Promise<Row | undefined> {
    const columns = Object.keys(change.before ?? change.after ?? {});
    const [values] = await this.#parts.primary.read(rowSql(change, columns)).catch((error: unknown) => {
      // The table may be another one by now; that it cannot be read says enough.
      if (error instanceof LitefleetError && error.code === "SERVER_ERROR") return [];
      throw error;
    });
    return values && Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));
  }
}

interface Failure {
  readonly unit: number;
  readonly change: number;
  readonly reason: string;
}

/** The first units, up to so many changes; at least one. */
function nextUnits(outbox: Outbox, most: number): Unit[] {
  const units: Unit[] = [];
  let changes = 0;
  for (const unit of outbox.unitsAfter(outbox.acked)) {
    if (units.length > 0 && changes + unit.changes.length > most) break;
    units.push(unit);
    changes += unit.changes.length;
    if (changes >= most) break;
  }
  return units;
}

function markerCheck(clientId: string, slice: number): Sql {
  const sql = "SELECT coalesce((SELECT pull_gen FROM turso_sync_last_change_id WHERE client_id = ?), 0) = ?";
  return raising({ sql, args: [clientId, BigInt(slice)] });
}
