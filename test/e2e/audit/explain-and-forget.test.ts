import { expect } from 'chai';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { testHashKey, keyedCodec as keeping } from '../../helpers/fixtures/payload-codecs.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { dumpState } from '../../helpers/panel/state-dump.ts';

const ada = { email: 'Ada@Example.test', first_name: 'Augusta', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const keyed = { PANELSYNC_HASH_KEY: testHashKey };

describe('the commands about one person', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  function cli(line: string, env: Readonly<Record<string, string>> = keyed): Promise<CliResult> {
    return runInProcess(line.split(' '), project.withEnv(env));
  }

  it('explain lists events in their order, for people and as one document', async () => {
    await panel.run({ codec: keeping });
    await panel.run({ codec: keeping });
    await panel.setPeople([{ ...ada, city: 'Ox\u001bford' }, bob]);
    await panel.run({ codec: keeping });
    await panel.setPeople([{ ...ada, city: 'Oxford' }]);
    await panel.run({ codec: keeping });
    const { code, stdout, stderr } = await cli('explain ADA@example.TEST');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.contain('city: London → Oxford').and.not.to.contain('\u001b');
    const events = parseJsonOutput<readonly { sync: string; event: string }[]>(
      await cli('explain ada@example.test --json'),
    );
    expect(events.map(({ sync, event }) => `${sync} ${event}`)).to.deep.equal([
      'panel insert',
      'panel unchanged',
      'panel invalid',
      'panel update',
    ]);
  });

  it('explain of a person who is not on record exits 2', async () => {
    await panel.run({ codec: keeping });
    const result = await cli('explain nobody@example.test --json');
    expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
      2,
      'unknown_person',
    ]);
    expect((await cli('explain ada@example.test --sync known-only')).code).to.equal(2);
  });

  it('forget deletes the person, who is not sent until the block is lifted', async () => {
    await panel.run({ codec: keeping });
    const { code, stdout, stderr } = await cli('forget ADA@example.test');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).not.to.equal('');
    expect(await dumpState(panel)).not.to.match(/ada@|augusta/i);
    expect((await panel.run({ codec: keeping })).skips).to.include({ forgotten: 1 });
    expect(parseJsonOutput<readonly { event: string }[]>(await cli('explain ada@example.test --json'))).to.have.length(
      1,
    );
    expect(parseJsonOutput(await cli('forget ada@example.test --allow --json'))).to.deep.equal({
      email: 'ada@example.test',
      forgotten: false,
      lifted: true,
    });
    expect((await panel.run({ codec: keeping })).rows).to.include({ inserted: 1, unchanged: 1 });
  });

  it('forget without a hash key exits 2 and says how to make one', async () => {
    const { code, stderr } = await cli('forget ada@example.test', {});
    expect(code).to.equal(2);
    expect(stderr).to.contain('state.hashKey is not set').and.to.contain('openssl rand -hex 32');
  });

  it('forget of an address that is none changes nothing: exit code 2', async () => {
    await panel.run({ codec: keeping });
    const before = await dumpState(panel);
    const typo = await cli('forget bad --json');
    expect([typo.code, parseJsonOutput<{ error: { code: string } }>(typo).error.code]).to.deep.equal([2, 'usage']);
    expect(await dumpState(panel)).to.equal(before);
  });

  it('forget says that nobody is known by an address, and blocks it all the same', async () => {
    const unknown = await cli('forget eve@example.test --json');
    expect([unknown.code, parseJsonOutput<{ known: boolean }>(unknown).known]).to.deep.equal([0, false]);
    expect(unknown.stderr).to.contain('nobody was known by that address');
    await panel.setPeople([{ ...ada, email: 'eve@example.test' }]);
    expect((await panel.run({ codec: keeping })).skips).to.include({ forgotten: 1 });
  });

  it('forget deletes a malformed address that is on record', async () => {
    await panel.setPeople([{ ...ada, email: 'ada at example.test' }]);
    await panel.run({ codec: keeping });
    const forgotten = await runInProcess(['forget', 'ada at example.test', '--json'], project.withEnv(keyed));
    expect([forgotten.code, parseJsonOutput<{ known: boolean }>(forgotten).known]).to.deep.equal([0, true]);
    expect(await dumpState(panel)).not.to.contain('ada at');
  });

  it('forget is refused while the sync runs: exit code 5', async () => {
    const session = await panel.session();
    try {
      expect((await cli('forget ada@example.test')).code).to.equal(5);
    } finally {
      await session.close();
    }
  });

  it('migrate hashes payloads stored in full, and no run sends anything because of it', async () => {
    await panel.run();
    expect(await dumpState(panel)).to.contain('Augusta');
    const hashed = { ...keyed, PAYLOAD: 'hashed' };
    expect((await cli('migrate', hashed)).code).to.equal(0);
    expect(await dumpState(panel)).not.to.contain('Augusta');
    panel.newRequests();
    expect(parseJsonOutput<{ rows: object }>(await cli('run panel --json', hashed)).rows).to.include({ unchanged: 2 });
    expect(panel.newRequests()).to.equal(0);
  });
});
