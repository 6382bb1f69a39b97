import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { textHash } from '../../../../src/core/model/hash.ts';
import { formatChange } from '../../../../src/core/model/saved-plan/saved-plan.ts';
import type { SavedChange } from '../../../../src/core/model/saved-plan/saved-plan.ts';
import { formats } from '../../../../src/core/formats.ts';
import { createChecksummedFile } from '../../../../src/core/checksummed-file.ts';
import { savedChanges, openSavedPlan } from '../../../../src/sync/approve/apply-plan.ts';
import { savePlan } from '../../../../src/sync/approve/save-plan.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { testError, MemoryHub } from '../../../helpers/memory/hub.ts';
import { payloadOf, peopleIn } from '../../../helpers/memory/run.ts';
import { MemorySource } from '../../../helpers/memory/source.ts';
import { MemoryState } from '../../../helpers/memory/state.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { silentLog } from '../../../helpers/postgres/postgres.ts';

const mapping = { fields: { email: 'email', city: 'city' }, characteristics: {} };

function changeOf(seq: number): SavedChange {
  const payload = payloadOf(`p${seq}`, 'Oslo');
  return { key: `p${seq}@example.test`, operation: 'insert', payloadHash: textHash(payload), payload };
}

async function read(file: string): Promise<readonly SavedChange[]> {
  const changes: SavedChange[] = [];
  for await (const some of savedChanges(file)) changes.push(...some);
  return changes;
}

describe('the file of a saved plan', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-plan-'));
    file = join(folder, 'plan.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function keep(source: MemorySource): ReturnType<typeof savePlan> {
    const { signal } = new AbortController();
    const sync = { ...defaultSync, mapping };
    const request = { sync, full: false, file, limit: 0, signal, onProgress: () => undefined };
    const deps = { state: new MemoryState(), source, destination: new MemoryHub(), formats, log: silentLog };
    return savePlan(request, deps);
  }

  it('holds the plan and each of its changes, in their order', async () => {
    await keep(new MemorySource(['email', 'city'], peopleIn('Oslo', 'a', 'b', 'c')));
    const { header, file: place } = await openSavedPlan(file);
    expect(place).to.equal(file);
    expect(header).to.deep.include({ sync: 'panel', destination: 'memory', model: textHash(defaultSync.model.sql) });
    expect((await read(file)).map(({ payload }) => payload)).to.deep.equal(
      ['a', 'b', 'c'].map((name) => payloadOf(name, 'Oslo')),
    );
    expect(await readdir(folder)).to.deep.equal(['plan.jsonl']);
  });

  it('is not there when planning fails, nor is any part of it', async () => {
    const source = new MemorySource(['email', 'city'], peopleIn('Oslo', 'a'));
    source.onRows = () => {
      throw testError('source_lost', 'retriable');
    };
    await errorCodeOf(keep(source));
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('may be longer than what is read of it in one go', async () => {
    const changes = Array.from({ length: 6000 }, (_, at) => changeOf(at + 1));
    const made = await createChecksummedFile(file, () => true);
    try {
      await made.add(changes.map((change, at) => formatChange(at + 1, change, plainCodec)));
      await made.finish('{}');
    } finally {
      await made.close();
    }
    expect(await read(file)).to.deep.equal(changes);
  });
});
