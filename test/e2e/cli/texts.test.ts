import { keyedCodec, testHashKey } from '../../helpers/fixtures/payload-codecs.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { runOnTerminal } from '../../helpers/cli/cli.ts';
import { Transcript } from '../../helpers/cli/transcript.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { expectSnapshot, normalizeText } from '../../helpers/snapshots.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const eve = { email: 'eve@example.test', first_name: 'Eve', city: 'Rome', plan: null };
const malformed = { ...eve, email: 'no e-mail' };

/** The words of every command, in the order in which somebody would see them. Other tests assert codes and documents. */
describe('what commands print', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function transcribe(name: string, lines: readonly (string | (() => unknown))[]): Promise<void> {
    const transcript = new Transcript(project.withEnv({ ...project.env, PANELSYNC_HASH_KEY: testHashKey }), {
      [panel.url]: 'postgres://panelsync@127.0.0.1:12345/panelsync',
    });
    for (const line of lines) await (typeof line === 'string' ? transcript.run(line) : line());
    await expectSnapshot(name, transcript.text);
  }

  it('from the first plan to the second run: test/snapshots/first-runs.txt', async () => {
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    await panel.setPeople([ada, bob, eve, malformed, { ...ada, city: 'Rome' }, { ...eve, email: null }]);
    await transcribe('first-runs', [
      'runs',
      'plan panel',
      'run panel --force',
      'rejections panel',
      'rejections panel --limit 1',
      'rejections panel --csv --reason email_missing',
      'skips latest --duplicates',
      () => panel.setPeople([ada, bob, { ...eve, city: 'Oslo', plan: 'pro' }, malformed]),
      'plan panel',
      'run panel --force',
      'skips latest',
      'skips 1',
      'status',
      'runs',
      'runs --plans',
      'show latest',
      'show 3',
      'retry panel',
      'retry panel --email nobody@example.test',
      'explain eve@example.test',
      'explain bob@example.test',
    ]);
  });

  it('when people change what later runs do: test/snapshots/steering.txt', async () => {
    await panel.setPeople([ada, bob, eve]);
    await transcribe('steering', [
      'plan panel --out plan.jsonl',
      'apply plan.jsonl',
      'apply plan.jsonl',
      'run panel --full --limit 1',
      'run panel',
      'run panel --dry-run',
      'run known-only',
      'resync panel',
      'resync known-only',
      'pause panel --reason Maintenance',
      'pause known-only',
      'status',
      'run --all',
      'run panel',
      'resume panel',
      'resume panel',
      'forget bad',
      'forget nobody@example.test',
      'forget eve@example.test',
      'explain eve@example.test',
      'forget eve@example.test --allow',
      'forget eve@example.test --allow',
      'audit',
      'migrate',
    ]);
  });

  it('about what the Hub holds: test/snapshots/hub.txt', async () => {
    await panel.setPeople([ada, bob]);
    await project.write('panel.csv', 'Mail;Vorname;Ort\nada@example.test;Ada;Oslo\nnobody;Bob;\n');
    await transcribe('hub', [
      () => panel.hub.add({ ...ada, city: 'Oslo' }),
      'canary panel --email canary@example.test',
      'baseline panel',
      'baseline panel',
      'baseline panel --from csv --file panel.csv --delimiter ; --map Mail=email',
      'run panel',
      'verify panel',
      () => {
        panel.hub.remove('ada@example.test');
        panel.hub.edit('bob@example.test', { first_name: 'Robert' });
      },
      'verify panel',
      'verify panel --sample 1',
      'verify panel --repair --force',
      'canary panel',
    ]);
  });

  it('when something is wrong: test/snapshots/errors.txt', async () => {
    await panel.setPeople([ada]);
    await transcribe('errors', [
      'run',
      'run pannel',
      'show 99',
      'show latest',
      'skips latest',
      'runs --limit many',
      'rejections panel --csv --json',
      'explain nobody@example.test',
      'resolve 1',
      'verify panel --recreate',
      'baseline panel --from csv',
      'baseline panel --from csv --file x.csv --map Mail',
      'baseline panel --file x.csv',
      'apply nowhere.jsonl',
      'alerts test',
      'alerts send',
      'simulator --port 65536',
      'status --config nowhere.yaml',
      'stauts',
    ]);
  });

  it('on a terminal of 80 columns: test/snapshots/narrow.txt', async () => {
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    await panel.setPeople([ada, bob, malformed]);
    await panel.run({ codec: keyedCodec });
    const texts: string[] = [];
    for (const line of ['status', 'runs', 'rejections panel', 'explain bob@example.test', 'plan panel', 'run']) {
      const { stdout } = await runOnTerminal(line.split(' '), project.withEnv({ NO_COLOR: '1' }), 80);
      texts.push(`$ panelsync ${line}\n${withoutProgress(stdout)}`);
    }
    await expectSnapshot('narrow', normalizeText(texts.join('\n\n'), { [project.cwd]: '/project' }));
  });
});

/** What stays on the screen: a bar that was cleared is gone. */
function withoutProgress(text: string): string {
  // oxlint-disable-next-line no-control-regex -- sequences that draw and clear the bar
  return text.replaceAll(/\x1b7[^]*?\x1b8\x1b\[1G\x1b\[2K|\x1b\[\?25[lh]/g, '').trimEnd();
}
