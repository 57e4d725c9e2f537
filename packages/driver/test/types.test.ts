import { LibsqlBatchError as PeerBatchError, LibsqlError as PeerError } from "@libsql/client";
import type * as peer from "@libsql/client";
import type * as peerHttp from "@libsql/client/http";
import type * as peerSqlite from "@libsql/client/sqlite3";
import type * as peerWeb from "@libsql/client/web";
import type * as peerWs from "@libsql/client/ws";
import { createClient, LibsqlBatchError, LibsqlError } from "@litefleet/driver";
import type * as ours from "@litefleet/driver";
import { createClient as createHttp } from "@litefleet/driver/http";
import { createClient as createNode } from "@litefleet/driver/node";
import { createClient as createSqlite } from "@litefleet/driver/sqlite3";
import { createClient as createWeb } from "@litefleet/driver/web";
import { createClient as createWs } from "@litefleet/driver/ws";
import { describe, expect, expectTypeOf, it } from "vitest";

describe("types in place of the peer's", () => {
  it("takes what the peer takes", () => {
    expectTypeOf<peer.Config>().toExtend<ours.Config>();
    expectTypeOf<peer.InStatement>().toExtend<ours.InStatement>();
    expectTypeOf<peer.InArgs>().toExtend<ours.InArgs>();
    expectTypeOf<peer.InValue>().toExtend<ours.InValue>();
    expectTypeOf<peer.TransactionMode>().toExtend<ours.TransactionMode>();
    expectTypeOf<peer.IntMode>().toExtend<ours.IntMode>();
  });

  it("gives what the peer gives", () => {
    expectTypeOf<ours.Client>().toExtend<peer.Client>();
    expectTypeOf<ours.Transaction>().toExtend<peer.Transaction>();
    expectTypeOf<ours.ResultSet>().toEqualTypeOf<peer.ResultSet>();
    expectTypeOf<ours.Row>().toEqualTypeOf<peer.Row>();
    expectTypeOf<ours.Value>().toEqualTypeOf<peer.Value>();
    expectTypeOf<ours.Replicated>().toEqualTypeOf<peer.Replicated>();
  });

  it("has the peer's createClient at every entry point", () => {
    expectTypeOf(createClient).toExtend<typeof peer.createClient>();
    expectTypeOf(createNode).toExtend<typeof peer.createClient>();
    expectTypeOf(createHttp).toExtend<typeof peerHttp.createClient>();
    expectTypeOf(createWeb).toExtend<typeof peerWeb.createClient>();
    expectTypeOf(createSqlite).toExtend<typeof peerSqlite.createClient>();
    // The peer's answers its own class there, of which only the client's part is documented.
    expectTypeOf(createWs).parameters.toEqualTypeOf<Parameters<typeof createClient>>();
    expectTypeOf<ReturnType<typeof peerWs.createClient>>().toExtend<peer.Client>();
    expectTypeOf(createWs).returns.toExtend<peer.Client>();
  });

  it("throws the peer's own error classes", () => {
    expect(LibsqlError).toBe(PeerError);
    expect(LibsqlBatchError).toBe(PeerBatchError);
  });
});
