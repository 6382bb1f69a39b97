import { expect } from 'chai';
import type { Spool } from '../../../../src/lib/spool.ts';
import { openSpool } from '../../../../src/lib/spool.ts';
import { rowHash } from '../../../../src/core/model/hash.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { nothingEqual } from '../../../../src/sync/plan/stage/bucket-comparison.ts';
import { stageRows } from '../../../../src/sync/plan/stage/stage.ts';
import type { StageResult } from '../../../../src/sync/plan/stage/stage.ts';
import { RunWork } from '../../../../src/sync/run-work.ts';
import { MemoryStage } from '../../../helpers/memory/plan.ts';
import { columnsOf, projectionOf } from '../../../helpers/fixtures/projection.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const projection = projectionOf({}, columnsOf(['email', 'first_name', 'city', 'plan']));
const keyed: Partial<SyncSettings> = { mode: 'insert', key: 'plan', mapping: { fields: {}, characteristics: {} } };

async function* chunksOf(texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe('stage', () => {
  let spool: Spool;
  let writer: MemoryStage;
  let done: number[];
  beforeEach(async () => {
    spool = await openSpool();
    writer = new MemoryStage();
    done = [];
  });
  afterEach(() => spool.close());

  function stage(texts: readonly string[], target = projection): Promise<StageResult> {
    return stageRows(chunksOf(texts), {
      projection: target,
      writer,
      spool,
      buckets: null,
      work: new RunWork(),
      onRows: (read) => void done.push(read),
    });
  }

  it('finds every line again by its position, whatever the chunks and the characters', async () => {
    const lines = [
      'ada@example.test\té\u{1f600}\tx',
      'bob@example.test\t\\N\t\\t',
      'JOS\u00c9@example.test\t\t',
      'd@example.test',
    ];
    const staged = await stage([`${lines[0]}\n${lines[1]}\n`, `${lines[2]}\n`, `${lines[3]}\n`]);
    expect(staged).to.deep.equal({ read: 4, staged: 4, invalidKeys: 0, invalidKeyRows: [], equal: nothingEqual });
    expect(writer.rows.map(({ key }) => key)).to.deep.equal([
      'ada@example.test',
      'bob@example.test',
      'jos\u00e9@example.test',
      'd@example.test',
    ]);
    expect(await spool.lines(writer.rows.map(({ position }) => position))).to.deep.equal(lines);
    expect(done).to.deep.equal([2, 3, 4]);
    expect(writer.calls).to.deep.equal(['flush', 'flush', 'flush']);
  });

  it('hashes the line as it came, under the fingerprint', async () => {
    await stage(['a@example.test\té\n']);
    const line = Buffer.from('a@example.test\té').toString('latin1');
    const hash = Buffer.from(rowHash(projection.fingerprint, line), 'latin1').toString('hex');
    expect(writer.rows[0]?.rowHash).to.equal(hash);
  });

  it('counts rows without a usable key and tells which they are', async () => {
    const staged = await stage([`\\N\tx\n \\t\ty\nok@example.test\n\n${'x'.repeat(321)}\n`]);
    expect([staged.read, staged.staged, staged.invalidKeys]).to.deep.equal([5, 1, 4]);
    const missing = { code: 'email_missing', message: 'the row has no e-mail', field: 'email' };
    const long = { code: 'key_too_long', message: 'the key is longer than 320 characters', field: 'email' };
    expect(staged.invalidKeyRows.map(({ key, errors: faults }) => [key, faults])).to.deep.equal([
      ['(row 1)', [missing]],
      ['(row 2)', [missing]],
      ['(row 4)', [missing]],
      ['(row 5)', [long]],
    ]);
    expect(staged.invalidKeyRows[3]?.email).to.equal('x'.repeat(320));
  });

  it('takes a key of just the greatest length', async () => {
    expect(await stage([`${'x'.repeat(320)}\n`])).to.include({ staged: 1, invalidKeys: 0 });
  });

  it('counts all of them and lists the first thousand', async () => {
    const staged = await stage(['\\N\n'.repeat(1500)]);
    expect([staged.invalidKeys, staged.invalidKeyRows.length]).to.deep.equal([1500, 1000]);
  });

  it('keeps the case of another key column and says its name where it is empty', async () => {
    const byPlan = projectionOf(keyed, columnsOf(['plan']));
    const staged = await stage([` AB-12 \nключ\n\\N\n${'x'.repeat(321)}\n`], byPlan);
    expect(writer.rows.map(({ key }) => key)).to.deep.equal(['AB-12', 'ключ']);
    const missing = { code: 'key_missing', message: 'the row has no value in its key column "plan"', field: null };
    const long = { code: 'key_too_long', message: 'the key is longer than 320 characters', field: null };
    expect(staged.invalidKeyRows.map(({ email, errors: faults }) => [email, faults])).to.deep.equal([
      [null, [missing]],
      [null, [long]],
    ]);
  });

  it('of an empty model is empty', async () => {
    expect(await stage([])).to.deep.equal({
      read: 0,
      staged: 0,
      invalidKeys: 0,
      invalidKeyRows: [],
      equal: nothingEqual,
    });
    expect(writer.calls).to.deep.equal([]);
  });

  it('ends with the error of a spool that cannot be written', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    spool.append = () => Promise.reject(full);
    const thrown = await thrownError(stage(['a@example.test\n', 'b@example.test\n']));
    expect(thrown).to.equal(full);
  });

  it('ends with the error of the source although the spool fails as well', async () => {
    spool.append = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('no space');
    };
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('a@example.test\n');
      throw new Error('cut');
    };
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const target = { projection, writer, spool, buckets: null, work: new RunWork(), onRows: () => undefined };
      const thrown = await thrownError(stageRows(broken(), target));
      expect(thrown).to.have.property('message', 'cut');
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(unheard).to.deep.equal([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });
});
