import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { NewestTime } from '../../src/core/model/freshness/newest-time.ts';
import { splitCopyLine } from '../../src/lib/copy-text.ts';
import type { ModelReader, Source } from '../../src/core/ports/source.ts';
import type { ColumnKind } from '../../src/core/model/terms.ts';
import { waitUntil } from '../helpers/wait-until.ts';
import { panelsyncErrorOf } from '../helpers/thrown-error.ts';

/** What every source must keep, written for any of them: a source brings its dialect and a way to look at its server. */
export interface SourceUnderTest {
  readonly source: Source;
  readonly dialect: Dialect;
  /** What the server still does under this label. */
  activity(label: string): Promise<'nothing' | 'waits for us' | 'works'>;
  /** How many rows the models of `dialect.writing` have written. */
  rowsWritten(): Promise<number>;
  close(): Promise<void>;
}

export interface Dialect {
  /** `n` from 1 to `count` and a label of some hundred characters, in this order. */
  numbers(count: number): string;
  /** No row, with the columns of `numbers`. */
  readonly empty: string;
  /** A query for one row of one text, given as any text. */
  text(value: string): string;
  /** A query for these rows of texts, in this order. */
  rows(rows: readonly (readonly (string | null)[])[]): string;
  /** One row with a column for each kind, named like the kind, and the text its value has. */
  readonly kinds: { readonly sql: string; readonly values: Readonly<Partial<Record<ColumnKind, string>>> };
  /** One row: a null, an empty text, and the text `\N`, if the source tells them apart. */
  readonly nulls: string;
  /** Fails in the middle of some megabytes of rows, with this code. A source may run the model before it gives a row. */
  readonly failsMidway: { readonly sql: string; readonly code: string; readonly rowsBefore?: boolean };
  /** What a model may end in. */
  readonly trailers: readonly string[];
  /** Runs for minutes without giving a row. */
  readonly longRunning: string;
  /** Statements that are no single query: each with the code of its refusal. */
  readonly rejected: readonly (readonly [sql: string, code: string])[];
}

/** `Dialect.rows` on Postgres, and on what stands in for Snowflake. */
export function valuesQuery(rows: readonly (readonly (string | null)[])[]): string {
  const textOf = (value: string | null): string =>
    value === null ? 'null' : `convert_from('\\x${Buffer.from(value).toString('hex')}', 'UTF8')`;
  return `select * from (values ${rows.map((row) => `(${row.map(textOf).join(', ')})`).join(', ')}) as v`;
}

export const neverAborted = new AbortController().signal;

export async function read(
  reader: ModelReader,
  positions: readonly number[],
  limit?: number,
): Promise<(readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = [];
  for await (const chunk of reader.rows(positions, limit)) {
    expect(chunk.at(-1), 'a chunk ends with its last line').to.equal(10);
    for (const line of chunk.toString('utf8').slice(0, -1).split('\n')) rows.push(splitCopyLine(line));
  }
  return rows;
}

/** Opens a model, works with it, and closes it whatever happens. */
export async function withModel<T>(
  source: Source,
  sql: string,
  work: (reader: ModelReader) => Promise<T>,
  signal: AbortSignal = neverAborted,
): Promise<T> {
  const reader = await source.open({ sql, location: 'models/test.sql' }, 'panelsync:test:1', signal);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

export function readModel(source: Source, sql: string): Promise<(readonly (string | null)[])[]> {
  return withModel(source, sql, (reader) => read(reader, [...reader.columns.keys()]));
}

/**
 * What is really held: without collections first, buffers that nobody needs any more would count. What one collection
 * finds to be free may go with the next only: a text that a driver has parsed, with its buffer.
 */
async function retainedMemory(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc');
  for (let collection = 0; collection < 3; collection += 1) {
    runInNewContext('gc()');
    await setImmediate();
  }
  return process.memoryUsage();
}

export function describeSource(name: string, start: () => Promise<SourceUnderTest>): void {
  describe(`${name}, as any source`, () => {
    let subject: SourceUnderTest;
    before(async () => {
      subject = await start();
    });
    after(() => subject.close());

    describeRows(() => subject);
    describeTermination(() => subject);
  });
}

function describeRows(subject: () => SourceUnderTest): void {
  it('gives the rows in the order of the model, in chunks of whole lines', async () => {
    const { source, dialect } = subject();
    const rows = await readModel(source, dialect.numbers(20_000));
    expect(rows.map(([n]) => n)).to.deep.equal(Array.from({ length: 20_000 }, (_, at) => String(at + 1)));
  });

  it('gives the columns that are asked for, in the order asked for', async () => {
    const { source, dialect } = subject();
    await withModel(source, dialect.numbers(2), async (reader) => {
      expect(reader.columns.map((column) => column.name.toLowerCase())).to.deep.equal(['n', 'label']);
      const rows = await read(reader, [1, 0]);
      expect(rows.map(([label, n]) => [label?.slice(0, 5), n])).to.deep.equal([
        ['row 1', '1'],
        ['row 2', '2'],
      ]);
    });
  });

  it('gives some rows, where no more are wanted', async () => {
    const { source, dialect } = subject();
    await withModel(source, dialect.numbers(50), async (reader) => {
      expect(await read(reader, [0], 7)).to.have.length(7);
    });
  });

  it('gives no chunk for a model without rows, and its columns all the same', async () => {
    const { source, dialect } = subject();
    await withModel(source, dialect.empty, async (reader) => {
      expect(reader.columns).to.have.length(2);
      expect(await read(reader, [0, 1])).to.deep.equal([]);
    });
  });

  it('reports the kind of each column, and gives each value in one form', async () => {
    const { source, dialect } = subject();
    await withModel(source, dialect.kinds.sql, async (reader) => {
      const names = Object.keys(dialect.kinds.values);
      expect(reader.columns.map(({ name, kind }) => [name.toLowerCase(), kind])).to.deep.equal(
        names.map((kind) => [kind, kind]),
      );
      expect(await read(reader, [...names.keys()])).to.deep.equal([Object.values(dialect.kinds.values)]);
      for (const kind of ['date', 'timestamp', 'timestamptz'] as const) {
        const newest = new NewestTime(Date.now());
        newest.add(dialect.kinds.values[kind] ?? '');
        expect(newest.newest, `${kind} is a time of data`).to.not.equal(null);
      }
    });
  });

  it('keeps apart null, an empty text and a text that looks like null', async () => {
    const { source, dialect } = subject();
    expect(await readModel(source, dialect.nulls)).to.deep.equal([[null, '', '\\N']]);
  });

  const texts = [
    "O'Brien",
    'Zoë',
    '👩🏽‍🚀',
    'مرحبا',
    'a\tb\nc\r\nd',
    'back\\slash',
    '\\.',
    '\u0001\u007f\v\f\b',
    ' ',
    'x'.repeat(300_000),
  ];
  for (const text of texts) {
    it(`carries ${JSON.stringify(text).slice(0, 24)} unharmed`, async () => {
      const { source, dialect } = subject();
      expect(await readModel(source, dialect.text(text))).to.deep.equal([[text]]);
    });
  }

  it('runs a model that ends in semicolons and comments', async () => {
    const { source, dialect } = subject();
    for (const end of [';', ' ; ;\n', ' -- the end', '; -- the end', ';\n/* the; end */', ...dialect.trailers]) {
      expect(await readModel(source, dialect.numbers(1) + end), end).to.have.length(1);
    }
  });
}

function describeTermination(subject: () => SourceUnderTest): void {
  it('refuses what is not one query that reads, and has run nothing of it', async () => {
    const { source, dialect, rowsWritten } = subject();
    for (const [sql, code] of dialect.rejected) {
      const error = await panelsyncErrorOf(readModel(source, sql));
      expect([error.code, error.recovery], sql).to.deep.equal([code, 'usage']);
      expect(error.message, sql).to.include('models/test.sql');
    }
    expect(await rowsWritten()).to.equal(0);
  });

  it('reports an error in the middle of the rows, after the rows before it or before the first one', async () => {
    const { source, dialect } = subject();
    let bytes = 0;
    const reading = withModel(source, dialect.failsMidway.sql, async (reader) => {
      for await (const chunk of reader.rows([0])) bytes += chunk.length;
    });
    expect((await panelsyncErrorOf(reading)).code).to.equal(dialect.failsMidway.code);
    if (dialect.failsMidway.rowsBefore === false) expect(bytes).to.equal(0);
    else expect(bytes).to.be.above(1000);
  });

  it('leaves the rows with the server while nobody takes them: memory does not grow', async () => {
    const { source, dialect, activity } = subject();
    // Some 300 megabytes, of which a slow reader takes one chunk at a time.
    await withModel(source, dialect.numbers(1_000_000), async (reader) => {
      const before = await retainedMemory();
      const chunks = reader.rows([0, 1])[Symbol.asyncIterator]();
      for (let taken = 0; taken < 20; taken += 1) {
        await chunks.next();
        await waitUntil(async () => (await activity('panelsync:test:1')) === 'waits for us');
      }
      const now = await retainedMemory();
      expect(now.arrayBuffers + now.external - before.arrayBuffers - before.external).to.be.below(20_000_000);
    });
    await waitUntil(async () => (await activity('panelsync:test:1')) === 'nothing');
  });

  for (const what of ['while it gives rows', 'while it gives none yet'] as const) {
    it(`cancels the model at the server when the run is stopped (${what})`, async () => {
      const { source, dialect, activity } = subject();
      const stop = new AbortController();
      const sql = what === 'while it gives rows' ? dialect.numbers(1_000_000) : dialect.longRunning;
      const reading = withModel(
        source,
        sql,
        async (reader) => {
          for await (const _ of reader.rows([...reader.columns.keys()])) stop.abort();
        },
        stop.signal,
      );
      const outcome = panelsyncErrorOf(reading);
      if (sql === dialect.longRunning) {
        await waitUntil(async () => (await activity('panelsync:test:1')) === 'works');
        stop.abort();
      }
      await outcome;
      await waitUntil(async () => (await activity('panelsync:test:1')) === 'nothing');
    });
  }

  it('does not start what was stopped before', async () => {
    const { source, dialect } = subject();
    const reading = withModel(source, dialect.numbers(1), (reader) => read(reader, [0]), AbortSignal.abort());
    expect((await panelsyncErrorOf(reading)).recovery).to.equal('canceled');
  });

  it('lets go of the server when its reader stops in the middle', async () => {
    const { source, dialect, activity } = subject();
    await withModel(source, dialect.numbers(1_000_000), async (reader) => {
      for await (const chunk of reader.rows([0])) if (chunk.length > 0) break;
    });
    await waitUntil(async () => (await activity('panelsync:test:1')) === 'nothing');
  });

  it('says what it is connected to', async () => {
    expect(await subject().source.check(neverAborted)).to.match(/\w{3,}/);
  });
}
