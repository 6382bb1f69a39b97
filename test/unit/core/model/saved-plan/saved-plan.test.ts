import { expect } from 'chai';
import { textHash } from '../../../../../src/core/model/hash.ts';
import {
  formatChange,
  formatHeader,
  parseChange,
  parseHeader,
} from '../../../../../src/core/model/saved-plan/saved-plan.ts';
import type { SavedChange, SavedPlanHeader } from '../../../../../src/core/model/saved-plan/saved-plan.ts';
import { hashedCodec, plainCodec } from '../../../../helpers/fixtures/payload-codecs.ts';

const payload = '{"fields":{"email":"ada@example.test"},"characteristics":{}}';
const change: SavedChange = { key: 'ada@example.test', operation: 'insert', payloadHash: textHash(payload), payload };
const rows = {
  read: 1,
  duplicate: 0,
  invalid: 0,
  unchanged: 0,
  skipped: 0,
  inserted: 1,
  updated: 0,
  rejected: 0,
  unsent: 0,
  removed: 0,
};
const header: Omit<SavedPlanHeader, 'panelsync' | 'version'> = {
  sync: 'panel',
  runId: '5',
  createdAt: '2026-01-01T00:00:00.000Z',
  mode: 'upsert',
  full: false,
  payloads: 'full',
  mapping: 'm',
  destination: 'd',
  model: 'x',
  snapshot: { run: null, by: 'run', people: 0, content: '0', resyncBefore: '0' },
  rows,
  skips: {
    not_in_snapshot: 0,
    already_in_snapshot: 0,
    rejected_before: 0,
    forgotten: 0,
    outcome_unknown: 0,
    deleted_in_hub: 0,
  },
};

function headerWith(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ panelsync: 'plan', version: 1, ...header, ...changes });
}

function lineWith(changes: Readonly<Record<string, unknown>>): string {
  const { payload: _payload, ...head } = change;
  return JSON.stringify({ seq: 3, ...head, payload: JSON.parse(payload), ...changes });
}

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('the header of a saved plan', () => {
  it('is read as it was written', () => {
    expect(parseHeader(formatHeader(header), 'plan.jsonl')).to.deep.equal({ panelsync: 'plan', version: 1, ...header });
  });

  it('of another version asks for that version', () => {
    expect(thrown(() => parseHeader(headerWith({ version: 2 }), 'plan.jsonl'))).to.include({
      code: 'plan_file_version',
      recovery: 'usage',
      message: 'plan.jsonl was written by a version of panelsync that saves plans in another format.',
      hint: 'Apply it with that version, or plan again with this one.',
    });
  });

  const foreign: readonly string[] = [
    '',
    'null',
    '7',
    '[]',
    '{}',
    'id,email',
    headerWith({ panelsync: 'other', version: 2 }),
    ...['sync', 'runId', 'mapping', 'destination', 'model'].map((name) => headerWith({ [name]: 7 })),
    headerWith({ mode: 'replace' }),
    ...['snapshot', 'rows'].flatMap((name) => [headerWith({ [name]: null }), headerWith({ [name]: 'x' })]),
  ];
  for (const line of foreign) {
    it(`is not ${line.slice(0, 60) || 'an empty line'} (${textHash(line).slice(0, 4)})`, () => {
      expect(thrown(() => parseHeader(line, 'plan.jsonl'))).to.include({
        code: 'plan_file_foreign',
        recovery: 'usage',
        message: 'plan.jsonl is not a saved plan of panelsync.',
        hint: 'Name a file that panelsync plan <sync> --out wrote.',
      });
    });
  }
});

describe('a change in a saved plan', () => {
  it('is read as it was written, with its payload or with hashes only', () => {
    expect(parseChange(formatChange(3, change, plainCodec), 3, 'f')).to.deep.equal(change);
    const quiet = formatChange(3, { ...change, operation: 'update' }, hashedCodec);
    expect(quiet).not.to.contain('ada');
    const key = hashedCodec.planKey(change.key);
    expect(key).to.match(/^[\da-f]{32}$/);
    expect(parseChange(quiet, 3, 'f')).to.deep.equal({ ...change, operation: 'update', key, payload: null });
  });

  const changed: readonly (readonly [string, string])[] = [
    ['stands in another line', lineWith({ seq: 4 })],
    ['has no key', lineWith({ key: null })],
    ['has no hash', lineWith({ payloadHash: 7, payload: undefined })],
    ['has a hash that is too long', lineWith({ payloadHash: `${textHash(payload)}0`, payload: undefined })],
    ['has a hash with something before it', lineWith({ payloadHash: `x${textHash(payload)}`, payload: undefined })],
    ['has no operation', lineWith({ operation: 'delete' })],
    ['has another payload than its hash says', lineWith({ payload: { fields: {}, characteristics: {} } })],
    ['is no object', '7'],
    ['is null', 'null'],
    ['is cut off', lineWith({}).slice(0, -1)],
  ];
  for (const [what, line] of changed) {
    it(`is refused when it ${what}`, () => {
      expect(thrown(() => parseChange(line, 3, 'plan.jsonl'))).to.include({
        code: 'plan_file_changed',
        recovery: 'usage',
        message: 'plan.jsonl was changed: line 4 is not as panelsync wrote it.',
        hint: 'Get the original again, or plan again.',
      });
    });
  }
});
