import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { testHashKey, keyedCodec as keeping } from '../../helpers/fixtures/payload-codecs.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { dumpState } from '../../helpers/panel/state-dump.ts';

const ada = { email: 'Ada@Example.test', first_name: 'Augusta', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const keyed = { PANELSYNC_HASH_KEY: testHashKey };

describe('one person, from the command line', () => {
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
    return runCli(line.split(' '), project.withEnv(env));
  }

  it('explain tells a life in the order it happened, for people and as one list', async () => {
    await panel.run({ codec: keeping });
    await panel.run({ codec: keeping });
    await panel.setPeople([{ ...ada, city: 'Ox\u001bford' }, bob]);
    await panel.run({ codec: keeping });
    await panel.setPeople([{ ...ada, city: 'Oxford' }]);
    await panel.run({ codec: keeping });
    const { code, stdout, stderr } = await cli('explain ADA@example.TEST');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(
      /^panel {2}ada@example\.test\n {2}run 1 .*insert {2}first_name Augusta, city London, characteristics\.plan pro\n +batch 1 accepted \(answer 200, request .*\)\n {2}run 2 .*unchanged\n {2}run 3 .*invalid: city: .*\n {2}run 4 .*update\n +city: London → Oxford\n/,
    );
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

  it('explain of somebody whom nobody knows says so: exit code 2', async () => {
    await panel.run({ codec: keeping });
    const result = await cli('explain nobody@example.test --json');
    expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
      2,
      'unknown_person',
    ]);
    expect((await cli('explain ada@example.test --sync known-only')).code).to.equal(2);
  });

  it('forget wipes the person, says what it cannot reach, and holds until it is lifted', async () => {
    await panel.run({ codec: keeping });
    const { code, stdout, stderr } = await cli('forget ADA@example.test');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^ {2}panel: snapshot 1, snapshot_fields 1, outbox 1$/m)
      .and.to.contain('the Research Hub itself');
    expect(await dumpState(panel)).not.to.match(/ada@|augusta/i);
    expect((await panel.run({ codec: keeping })).skips).to.include({ forgotten: 1 });
    expect((await cli('explain ada@example.test')).stdout).to.match(/^Forgotten since 2/);
    expect(parseJsonOutput(await cli('forget ada@example.test --allow --json'))).to.deep.equal({
      email: 'ada@example.test',
      forgotten: false,
      lifted: true,
    });
    expect((await panel.run({ codec: keeping })).rows).to.include({ inserted: 1, unchanged: 1 });
  });

  it('forget without a hash key says how one is made: exit code 2', async () => {
    const { code, stderr } = await cli('forget ada@example.test', {});
    expect(code).to.equal(2);
    expect(stderr).to.contain('state.hashKey is not set').and.to.contain('openssl rand -hex 32');
  });

  it('forget is refused while the sync runs: exit code 5', async () => {
    const session = await panel.session();
    try {
      expect((await cli('forget ada@example.test')).code).to.equal(5);
    } finally {
      await session.close();
    }
  });

  it('migrate makes hashes of what was kept in full, and no run sends anything for it', async () => {
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
