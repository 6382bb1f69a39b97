import { expect } from 'chai';
import { formats } from '../../../../src/core/formats.ts';
import type { Candidate, PlannedChange } from '../../../../src/core/ports/run/plan-store.ts';
import { readRow } from '../../../../src/sync/plan/candidate-row.ts';
import { findRenames } from '../../../../src/sync/plan/renames.ts';
import { hashedCodec, keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { columnsOf, lineOf, projectionOf } from '../../../helpers/fixtures/projection.ts';
import { MemoryRecorder } from '../../../helpers/memory/plan.ts';

const change = (key: string, identity?: string, operation: PlannedChange['operation'] = 'insert'): PlannedChange => {
  const rest = { rowHash: 'row', payloadHash: 'payload', payload: '{}', previouslyRejected: false };
  return { key, operation, ...rest, ...(identity === undefined ? {} : { identity }) };
};

describe('people with a new e-mail, in a plan', () => {
  it('are asked for by the identity of their inserts', async () => {
    const recorder = new MemoryRecorder([]);
    recorder.oldKeys.set('A', 'old');
    const changes = [change('new', 'A'), change('twin', 'A'), change('unknown'), change('known', 'B', 'update')];
    const found = await findRenames(changes, { removed: 1 }, recorder);
    expect(found.map(({ renamedFrom }) => renamedFrom)).to.deep.equal(['old', undefined, undefined, undefined]);
    expect(recorder.claims.map(({ key }) => key)).to.deep.equal(['new', 'twin']);
  });

  it('cost nothing while nobody has left, or nobody new has an identity', async () => {
    const recorder = new MemoryRecorder([]);
    const [identified, unknown] = [[change('new', 'A')], [change('new')]];
    expect(await findRenames(identified, { removed: 0 }, recorder)).to.equal(identified);
    expect(await findRenames(unknown, { removed: 1 }, recorder)).to.equal(unknown);
    expect(recorder.claims).to.deep.equal([]);
  });
});

describe('the identity of a row', () => {
  const columns = columnsOf(['email', 'Person_ID', 'city']);
  const candidate = { key: 'k', payloadHash: null, inSnapshot: false } as Candidate;
  const identityOf = (value: string | null, codec = plainCodec, identity: string | null = 'Person_ID') => {
    const mapping = { fields: { email: 'email' as const }, characteristics: {} };
    const projection = projectionOf({ mapping, identity }, columns);
    const line = identity === null ? 'a@example.test' : lineOf(projection, ['a@example.test', value, null]);
    return readRow(candidate, line, { projection, formats, codec }).identity;
  };

  it('is a hash of the value and the name of its column, whatever case that has', () => {
    expect(identityOf('7')).to.equal(plainCodec.identityHash('person_id', '7'));
    expect(identityOf(' 7 ')).to.equal(identityOf('7'));
    expect(identityOf('7')).to.not.equal(identityOf('07'));
    expect(plainCodec.identityHash('id', '7')).to.not.equal(plainCodec.identityHash('person_id', '7'));
  });

  it('is unknown where the value is null or blank, or no column is configured', () => {
    expect([identityOf(null), identityOf('  '), identityOf('7', plainCodec, null)]).to.deep.equal([null, null, null]);
  });

  it('is keyed where payloads are stored as hashes, and can be made so later', () => {
    const plain = identityOf('7', keyedCodec);
    expect(plain).to.equal(identityOf('7'));
    expect(identityOf('7', hashedCodec)).to.equal(hashedCodec.toKeyedIdentity(plain ?? ''));
    expect(identityOf('7', hashedCodec)).to.not.equal(plain);
  });
});
