import { expect } from 'chai';
import type { RowTotals } from '../../../../src/source/model-reader.ts';
import { openBuckets } from '../../../../src/source/snowflake/buckets.ts';
import { columnsOf } from '../../../helpers/fixtures/projection.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

const keyed = { positions: [0], isEmail: true, newest: null };

/** Sums of four rows, for a result that has so many. */
async function sumsOfResult(rows: number | null): Promise<string> {
  const buckets = openBuckets({
    source: 'snow',
    model: { sql: 'select 1', location: 'models/people.sql' },
    sql: 'select 1',
    runModel: async () => ({ queryId: 'id', rows }),
    stream: async function* (): AsyncGenerator<Buffer, RowTotals> {
      yield Buffer.from('\\N\t0\t3\t7\t7\n');
      yield Buffer.from('\\N\t1\t1\t7\t7\n');
      return { announced: 2, read: 2 };
    },
  });
  let text = '';
  for await (const chunk of buckets.sums(columnsOf(['email']), keyed, 1)) text += chunk.toString();
  return text;
}

describe('sums of a result in Snowflake', () => {
  it('are those of all rows that the result announced, or the run fails', async () => {
    for (const rows of [4, null]) expect((await sumsOfResult(rows)).split('\n')).to.have.length(3);
    const { code, message } = await panelsyncErrorOf(sumsOfResult(5));
    expect([code, message.includes('announced 5 rows')]).to.deep.equal(['source_incomplete', true]);
  });
});
