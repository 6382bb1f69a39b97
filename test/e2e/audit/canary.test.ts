import { expect } from 'chai';
import type { CanaryVerdict } from '../../../src/core/ports/canary-store.ts';
import type { WireSettings } from '../../../src/core/settings.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { fingerprint } from '../../../src/destination/wire.ts';
import { openCanaries } from '../../../src/state/tables/canaries.ts';
import { parseJsonOutput, runOnTerminal } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject, projectConfig } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

interface CanaryDocument {
  readonly verdict: string;
  readonly from: string;
  readonly heldBefore: boolean;
  readonly settings: readonly { readonly setting: string; readonly status: string; readonly hint: string | null }[];
}

interface CheckDocument {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly message: string }[];
}

const wire: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};
const email = 'canary@example.test';

describe('panelsync canary', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  const canary = (...args: string[]): Promise<CliResult> =>
    runInProcess(['canary', 'panel', '--email', email, ...args], project);

  it('ends with 0 and confirms each setting when what was sent came back', async () => {
    const { code, stdout, stderr } = await canary('--log-level', 'warn');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout.split('  ')[0]).to.equal('confirmed');
    const { verdict, from, heldBefore } = parseJsonOutput<CanaryDocument>(await canary('--json'));
    expect([verdict, from, heldBefore]).to.deep.equal(['confirmed', 'made_up', true]);
  });

  it('ends with 3 and names the setting when the Hub drops fields without a word', async () => {
    panel.hub.setOptions({
      unknownKeys: 'drop',
      wire: { ...wire, fieldCase: 'camel' },
    });
    const result = await canary('--json');
    expect(result.code).to.equal(3);
    const { settings } = parseJsonOutput<CanaryDocument>(result);
    expect(settings.filter(({ status }) => status === 'wrong').map(({ setting }) => setting)).to.deep.equal([
      'fieldCase',
    ]);
    expect(settings.find(({ setting }) => setting === 'fieldCase')?.hint).to.contain('camel');
  });

  it('ends with 3 and names the key when it is not accepted, having sent nobody', async () => {
    const result = await runInProcess(
      ['canary', 'panel', '--email', email, '--json'],
      project.withEnv({ HUB_KEY: 'another' }),
    );
    expect(result.code).to.equal(3);
    const { settings } = parseJsonOutput<CanaryDocument>(result);
    expect(settings.map(({ setting, status }) => [setting, status])).to.deep.equal([['auth', 'wrong']]);
    expect(panel.hub.people.size).to.equal(0);
  });

  it('ends with 1 when nothing could be tried, and with 2 without an e-mail', async () => {
    const unreachable = await runInProcess(
      ['canary', 'panel', '--email', email],
      project.withEnv({ HUB_URL: 'http://127.0.0.1:1/api' }),
    );
    expect([unreachable.code, unreachable.stdout]).to.deep.equal([1, '']);
    const [none, malformed] = await Promise.all([
      runInProcess(['canary', 'panel'], project),
      runInProcess(['canary', 'panel', '--email', 'nobody'], project),
    ]);
    expect([none.code, malformed.code]).to.deep.equal([2, 2]);
    expect(none.stderr).to.contain('--email you+canary@your-company.com');
    expect(panel.hub.people.size).to.equal(0);
  });

  it('finds another profile and writes it into the configuration', async () => {
    const other: WireSettings = { auth: 'bearer', envelope: 'array', fieldCase: 'camel', characteristics: 'list' };
    panel.hub.setOptions({ unknownKeys: 'drop', wire: other });
    const found = await canary('--discover', '--write', '--log-level', 'warn');
    expect([found.code, found.stderr]).to.deep.equal([0, '']);
    expect(found.stdout)
      .to.match(/^confirmed {2}panel/)
      .and.to.contain('    characteristics: list\n')
      .and.to.contain('Written to ');
    expect((await canary('--json')).code).to.equal(0);
    await project.write('config/panelsync.yaml', projectConfig);
    const none = await canary('--discover', '--json');
    expect(parseJsonOutput(none)).to.deep.include({ outcome: 'confirmed', profiles: [other], written: false });
    expect((await canary('--write')).code).to.equal(2);
  });

  it('says on a terminal what will be written', async () => {
    const { stdout } = await runOnTerminal(['canary', 'panel', '--email', email], project);
    const [announcementAt, verdictAt] = [
      stdout.indexOf('Sending one test person'),
      stdout.indexOf('made-up values\u001b'),
    ];
    expect(announcementAt).to.be.within(0, verdictAt - 1);
    expect(stdout).to.match(/first_name: Canary [a-z]{6}\r?\n/);
  });

  describe('before it has passed at a Hub that is not on this machine', () => {
    // It is this machine all the same, under an address that does not say so; what speaks there is no TLS.
    const otherUrl = () => panel.hub.url.replace('http://127.0.0.1', 'https://0.0.0.0');
    const remoteEnvironment = () => project.withEnv({ HUB_URL: otherUrl() });

    const profileCheck = async (): Promise<CheckDocument['checks'][number] | undefined> => {
      const { checks } = parseJsonOutput<CheckDocument>(await runInProcess(['check', '--json'], remoteEnvironment()));
      return checks.find(({ name }) => name === 'wire profile');
    };
    const notes = async (): Promise<readonly string[]> =>
      parseJsonOutput<RunReport>(await runInProcess(['run', 'panel', '--json'], remoteEnvironment())).notes;
    const recordVerdict = (verdict: CanaryVerdict): Promise<unknown> =>
      openCanaries(panel.database).record(fingerprint({ baseUrl: otherUrl(), wire }), {
        verdict,
        sync: 'panel',
        person: 'made_up',
        settings: [],
        fields: [],
      });

    it('is missed by check, and by each run once in its report, until it has', async () => {
      expect(await profileCheck()).to.include({ status: 'warning' });
      const canaryNotes = await notes();
      expect(canaryNotes).to.have.length(1);
      expect(canaryNotes[0]).to.match(/panelsync canary <sync>/);

      await recordVerdict('confirmed');
      expect(await profileCheck()).to.include({ status: 'ok', message: 'confirmed by a canary' });
      expect(await notes()).to.deep.equal([]);
      await recordVerdict('accepted');
      expect(await notes()).to.deep.equal([]);
    });

    it('is missed again when the last one found the profile wrong', async () => {
      await recordVerdict('confirmed');
      await recordVerdict('wrong');
      const found = await profileCheck();
      expect(found).to.include({ status: 'warning' });
      expect(found?.message).to.match(/^The last canary \(.*\) found destination\.wire to be wrong/);
      expect(await notes()).to.have.length(1);
    });

    it('is of no interest at a Hub on this machine', async () => {
      const { checks } = parseJsonOutput<CheckDocument>(await runInProcess(['check', '--json'], project));
      expect(checks.map(({ name }) => name)).not.to.contain('wire profile');
      const { stdout } = await runInProcess(['run', 'panel', '--json'], project);
      expect(stdout).not.to.contain('canary');
    });
  });
});
