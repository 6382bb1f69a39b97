import { expect } from 'chai';
import { PanelsyncError } from '../../../../../src/core/errors.ts';
import type { BatchOutcome } from '../../../../../src/core/ports/destination.ts';
import type { Settlement } from '../../../../../src/core/ports/run/ledger.ts';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { rowErrorOf, outboxRow } from '../../../../helpers/memory/hub.ts';
import { silentLog } from '../../../../helpers/postgres/postgres.ts';

const wilma = {
  ...outboxRow(1),
  payload: '{"fields":{"email":"wilma@example.test","first_name":"Wilma"},"characteristics":{}}',
};
const rows = [wilma, outboxRow(2)];
const refusal = { ...rowErrorOf('Wilma is no plan'), index: 0 };

/** What is on record of the first batch when its answer means this. */
async function settled(meaning: BatchOutcome): Promise<Settlement | null | undefined> {
  const answer = (request: number): BatchOutcome | undefined => (request === 1 ? meaning : undefined);
  const delivery = new TestDelivery({ rows, hub: { outcomeFor: answer } });
  await delivery.run();
  return delivery.ledger.entries.get(1)?.settlement;
}

describe('record of a batch', () => {
  const told = rowErrorOf('Wilma (wilma@example.test) is refused');
  const failure = new PanelsyncError({
    code: 'hub_down',
    recovery: 'retriable',
    message: 'No answer about Wilma.',
    hint: 'Wait.',
  });
  const cases: readonly [BatchOutcome, Pick<Settlement, 'state' | 'message' | 'split'>][] = [
    [
      { kind: 'accepted', refusals: [] },
      { state: 'accepted', message: null, split: false },
    ],
    [
      { kind: 'accepted', refusals: [refusal] },
      { state: 'accepted', message: null, split: false },
    ],
    [
      { kind: 'rows_refused', refusals: [refusal] },
      { state: 'refused', message: null, split: false },
    ],
    [
      { kind: 'batch_refused', reason: told },
      { state: 'refused', message: '… … is refused', split: true },
    ],
    [
      { kind: 'too_large', reason: told },
      { state: 'refused', message: '… … is refused', split: true },
    ],
    [
      { kind: 'not_sent', error: failure },
      { state: 'not_sent', message: 'No answer about ….', split: false },
    ],
    [
      { kind: 'unknown', error: failure },
      { state: 'unknown', message: 'No answer about ….', split: false },
    ],
    [
      { kind: 'stop', error: failure },
      { state: 'not_sent', message: 'No answer about ….', split: false },
    ],
  ];
  for (const [meaning, record] of cases) {
    const refused = 'refusals' in meaning ? ` with ${meaning.refusals.length} rows named` : '';
    it(`whose answer means "${meaning.kind}"${refused} says what became of it, and names nobody`, async () => {
      expect(await settled(meaning)).to.deep.include({ ...record, status: 200, durationMs: 1, requestId: null });
    });
  }
});

describe('log of a delivery', () => {
  it('tells of every answer, with the batch it is about, and of nobody', async () => {
    const events: unknown[] = [];
    const debug = (event: string, fields?: unknown): void => void events.push([event, fields]);
    const delivery = new TestDelivery({
      rows,
      hub: { rowError: (payload) => (payload.includes('wilma') ? rowErrorOf('no wilma') : null) },
      input: { log: { ...silentLog, debug } },
    });
    await delivery.run();
    const answer = { status: 200, requestId: null, durationMs: 1 };
    expect(events).to.deep.equal([
      ['batch answered', { batch: 1, rows: 2, outcome: 'batch_refused', ...answer }],
      ['batch answered', { batch: 2, rows: 1, outcome: 'batch_refused', ...answer }],
      ['batch answered', { batch: 3, rows: 1, outcome: 'accepted', ...answer }],
    ]);
  });
});
