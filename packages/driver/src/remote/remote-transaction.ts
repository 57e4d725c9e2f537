import type { BoundOptions, CallOptions, RawResult } from "../api.ts";
import type { BoundStatement, EngineTransaction, RowChunks } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { hasRun, readStep, readSteps, RefusedBatch, stepError } from "./batch-result.ts";
import { RequestFailure, transactionClosed } from "./classify.ts";
import type { OpenedCursor } from "./cursor-rows.ts";
import { RemoteChunks } from "./remote-chunks.ts";
import { runScript } from "./script.ts";
import type { TransactionStream } from "./transaction-stream.ts";

/** A transaction on a stream of its own. Begun on the server with its first statement, so one without any costs nothing. */
export class RemoteTransaction implements EngineTransaction {
  readonly #stream: TransactionStream;
  readonly #onIndex: (index: number | undefined) => void;
  readonly #explain: (error: unknown) => Promise<unknown>;
  readonly #iterations = new Set<RemoteChunks>();

  /** @param explain finds out more about an error. */
  constructor(
    stream: TransactionStream,
    onIndex: (index: number | undefined) => void,
    explain: (error: unknown) => Promise<unknown>,
  ) {
    this.#stream = stream;
    this.#onIndex = onIndex;
    this.#explain = explain;
  }

  get closed(): boolean {
    return this.#stream.isEnded;
  }

  async execute(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    await this.#ready();
    try {
      if (statement.describes !== undefined) return await this.#stream.describe(statement, options);
      const { result, first } = await this.#stream.run([statement], options);
      const read = readStep(result, first, statement);
      if (read instanceof LitefleetError) throw read;
      return read;
    } catch (error) {
      throw await this.#explain(this.#failed(error));
    }
  }

  async batch(statements: readonly BoundStatement[], options: CallOptions): Promise<RawResult[]> {
    if (statements.length === 0) return [];
    await this.#ready();
    try {
      const { result, first } = await this.#stream.run(statements, options);
      return readSteps(result, first, statements, (error) => this.#stream.failed(error));
    } catch (error) {
      throw error instanceof RefusedBatch ? error.toBatchError() : await this.#explain(error);
    }
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    await this.#ready();
    try {
      await runScript(sql, async (statements) => {
        const { result, first } = await this.#stream.run(statements, options);
        for (let i = 0; i < statements.length; i += 1) {
          if (!hasRun(result, first + i)) throw stepError(result, first + i) ?? transactionClosed();
        }
      });
    } catch (error) {
      throw await this.#explain(this.#failed(error));
    }
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    const host = {
      open: (signal: AbortSignal | undefined) => this.#openCursor(chunks, statement, signal),
      toError: (error: unknown) => this.#explain(this.#failed(error)),
    };
    const chunks = new RemoteChunks(host, statement, options);
    return chunks;
  }

  async commit(options: BoundOptions = {}): Promise<void> {
    await this.#ready();
    if (!this.#stream.hasBegun) {
      this.close();
      return;
    }
    const result = await this.#stream.finish("COMMIT", options);
    if (hasRun(result, 0)) return;
    throw this.#stream.failed(stepError(result, 0) ?? transactionClosed());
  }

  async rollback(): Promise<void> {
    if (this.closed || !this.#stream.hasBegun) {
      this.close();
      return;
    }
    for (const chunks of this.#iterations) chunks.fail(transactionClosed());
    try {
      await this.#stream.finish("ROLLBACK");
    } catch {
      // No COMMIT was sent, so the server rolls back by itself when it misses us.
    }
  }

  close(): void {
    for (const chunks of this.#iterations) chunks.fail(transactionClosed());
    this.#stream.end();
  }

  /** An iteration holds the stream, so what it has not read yet is read first, and kept for it. */
  async #ready(): Promise<void> {
    this.#stream.checkOpen();
    for (const chunks of this.#iterations) await chunks.drain();
    this.#stream.checkOpen();
  }

  async #openCursor(
    chunks: RemoteChunks,
    statement: BoundStatement,
    signal: AbortSignal | undefined,
  ): Promise<OpenedCursor> {
    await this.#ready();
    const cursor = await this.#stream.openCursor(statement, signal);
    this.#iterations.add(chunks);
    return { cursor, step: 0, onEnd: () => this.#iterations.delete(chunks), onIndex: this.#onIndex };
  }

  #failed(error: unknown): unknown {
    if (error instanceof RefusedBatch) return error.error;
    if (error instanceof RequestFailure) return this.#stream.lost(error);
    return error instanceof LitefleetError ? this.#stream.failed(error) : error;
  }
}
