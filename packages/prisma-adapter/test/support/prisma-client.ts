import { inject } from "vitest";
import type { Sql } from "@prisma/client/runtime/client";
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";

/**
 * What the tests use of the generated client. It is typed here and imported at run time, so that the type check of the
 * repository does not depend on generated code; `generated-types.test.ts` compiles against the generated types.
 */
export interface TestClient extends TestQueries {
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
  $transaction<T>(work: (tx: TestClient) => Promise<T>, options?: TransactionOptions): Promise<T>;
  $transaction(queries: readonly Promise<unknown>[], options?: TransactionOptions): Promise<unknown[]>;
}

export interface TransactionOptions {
  readonly maxWait?: number;
  readonly timeout?: number;
  readonly isolationLevel?: string;
}

interface TestQueries {
  readonly author: Model<Author>;
  readonly book: Model<Book>;
  readonly tag: Model<{ name: string }>;
  readonly sample: Model<Sample>;
  readonly cell: Model<Cell>;
  readonly mark: Model<{ id: number; row: number; col: number; text: string }>;
  $queryRaw(sql: Sql): Promise<Record<string, unknown>[]>;
  $queryRawUnsafe(sql: string, ...args: unknown[]): Promise<Record<string, unknown>[]>;
  $executeRawUnsafe(sql: string, ...args: unknown[]): Promise<number>;
}

export interface Model<Row> {
  findMany(args?: object): Promise<Row[]>;
  findUnique(args: object): Promise<Row | null>;
  findUniqueOrThrow(args: object): Promise<Row>;
  create(args: object): Promise<Row>;
  createMany(args: object): Promise<{ count: number }>;
  createManyAndReturn(args: object): Promise<Row[]>;
  update(args: object): Promise<Row>;
  updateMany(args: object): Promise<{ count: number }>;
  upsert(args: object): Promise<Row>;
  delete(args: object): Promise<Row>;
  deleteMany(args?: object): Promise<{ count: number }>;
  count(args?: object): Promise<number>;
  groupBy(args: object): Promise<object[]>;
}

export interface Author {
  id: number;
  email: string;
  name: string | null;
  books?: Book[];
}

export interface Book {
  id: number;
  title: string;
  pages: number;
  authorId: number;
  author?: Author;
  tags?: { name: string }[];
}

export interface Sample {
  id: number;
  int: number | null;
  big: bigint | null;
  real: number | null;
  decimal: { toString(): string; toFixed(): string } | null;
  exact: { toString(): string; toFixed(): string } | null;
  flag: boolean | null;
  at: Date | null;
  made: Date;
  json: unknown;
  bytes: Uint8Array | null;
  color: string | null;
}

export interface Cell {
  row: number;
  col: number;
  marks?: { id: number }[];
}

interface GeneratedModule {
  readonly PrismaClient: new (options: { adapter: SqlDriverAdapterFactory }) => TestClient;
}

/** A Prisma client over `adapter`. The caller disconnects it. */
export async function newPrismaClient(adapter: SqlDriverAdapterFactory): Promise<TestClient> {
  const { PrismaClient } = (await import(inject("prismaClientUrl"))) as GeneratedModule;
  return new PrismaClient({ adapter });
}

/** The error that `promise` rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<PrismaError> {
  try {
    await promise;
  } catch (error) {
    return error as PrismaError;
  }
  throw new Error("Expected a rejection");
}

/** A known request error of Prisma's. */
export interface PrismaError extends Error {
  readonly code: string;
  readonly meta?: {
    readonly modelName?: string;
    readonly driverAdapterError?: { readonly cause: Record<string, unknown> };
  };
}
