import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { respondWith, testApiKey, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';

const people: readonly (WarehouseRow & { readonly email: string })[] = [
  { email: 'hidden.person@example.test', first_name: 'Wilhelmina', phone: '+493012345678' },
  { email: 'other.person@example.test', first_name: 'Theophilus', phone: '+493087654321' },
  { email: 'third.person@example.test', first_name: 'Clementine', phone: '+493011223344' },
];

const password = 'state-password';
/** Everything about somebody in one sentence. */
function sentence({ email, first_name, phone }: WarehouseRow): string {
  return `${email} (${first_name}, ${phone?.replace('+49', '0')}) is refused with key ${testApiKey}`;
}

describe('output without secrets and people', () => {
  let panel: TestPanel;
  let project: Project;
  let hub: ScriptedHub | null = null;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.sql(
      `create function raise_about(text) returns text language plpgsql as $$ begin raise 'no % here', $1; end $$`,
    );
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
    await project.configure({ 'city: city': 'phone_number: phone', '      characteristics: { plan: plan }\n': '' });
    await writeModel('first_name');
  });
  afterEach(async () => {
    await hub?.close();
    hub = null;
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  function writeModel(firstName: string): Promise<void> {
    const sql = `select email, ${firstName} as first_name, phone from people order by id`;
    return project.write('config/models/people.sql', sql);
  }

  /** A Hub that answers batches so, one after the other, and whatever else it is asked with a refusal. */
  async function startScriptedHub(...script: ResponseStep[]): Promise<Readonly<Record<string, string>>> {
    let batches = 0;
    hub = await new ScriptedHub((response, request) => {
      const step = request.method === 'PATCH' ? script[Math.min(batches++, script.length - 1)] : respondWith(403);
      step?.(response, request);
    }).listen();
    return { HUB_URL: hub.url };
  }

  function expectNoSecrets(text: string, what: string): void {
    const { password: own } = new URL(panel.url);
    const secrets = [
      testApiKey,
      password,
      'hub-password',
      own,
      'example.test',
      '.person',
      ...people.map(({ first_name }) => first_name),
    ];
    const phones = people.map(({ phone }) => phone?.slice(-8));
    for (const secret of [...secrets, ...phones]) {
      if (secret !== '') expect(text.toLowerCase(), what).to.not.contain(String(secret).toLowerCase());
    }
  }

  /** All that these commands write while this is wrong, but for what `plan` is asked to show; returns the run's words. */
  async function outputOf(
    env: Readonly<Record<string, string>>,
    others: readonly string[] = ['check'],
  ): Promise<string> {
    const [words = ''] = await Promise.all(
      ['run panel', ...others].map(async (command) => {
        const args = [...command.split(' '), '--log-level', 'debug'];
        // Of a process, all that it writes counts: also what Node itself says.
        const execute = command === 'run panel' ? runCli : runInProcess;
        const { stdout, stderr } = await execute(args, project.withEnv({ MAX_ATTEMPTS: '2', ...env }));
        expectNoSecrets(command.startsWith('plan') ? stderr : stdout + stderr, `panelsync ${command}`);
        return stdout + stderr;
      }),
    );
    await expectNoSecretsInLedger();
    return words;
  }

  /** The ledger tells why batches and runs failed, and only rejections, which are asked for, tell of whom. */
  async function expectNoSecretsInLedger(): Promise<void> {
    const rows = await panel.sql<{ told: string }>(
      `select concat_ws(' ', message, request_id) as told from panelsync.batches
       union all select concat_ws(' ', error, notes) from panelsync.runs`,
    );
    for (const { told } of rows) expectNoSecrets(told, 'the ledger');
  }

  it('when all goes well', async () => {
    const commands = ['check', 'runs', 'status', 'plan panel', 'retry panel'];
    expect(await outputOf({}, commands)).to.contain('succeeded');
    expect(await outputOf({}, ['show latest'])).to.contain('unchanged');
  });

  it('when the key is wrong and the Hub repeats it', async () => {
    const env = await startScriptedHub((response, request) => {
      respondWith(401, { message: `bad key ${String(request.headers['user-interviews-apikey'])}` })(response, request);
    });
    expect(await outputOf(env)).to.contain('destination.apiKey');
  });

  it('when the Hub refuses everybody alike and quotes the person', async () => {
    panel.hub.setOptions({ pointerFormat: 'none', rejectedEmails: (email) => sentence(personOf(email)) });
    expect(await outputOf({})).to.contain('refused all');
  });

  it('when the Hub refuses one of a batch and quotes the person', async () => {
    const poison = (email: string): string | boolean => email.startsWith('other') && sentence(personOf(email));
    for (const pointers of ['none', 'jsonapi'] as const) {
      panel.hub.setOptions({ pointerFormat: pointers, rejectedEmails: poison });
      expect(await outputOf({})).to.match(/partial|succeeded/);
    }
    const rejections = await panel.sql<{ message: string }>('select message from panelsync.rejections');
    expect(rejections[0]?.message, 'what is asked for shows people').to.contain('Theophilus');
  });

  it('when the Hub forbids everything, quoting people in JSON or in HTML', async () => {
    const quote = people.map(sentence).join('; ');
    const env = await startScriptedHub(
      respondWith(402, { errors: [{ detail: quote }] }),
      respondWith(403, `<p>${quote}</p>`),
    );
    expect(await outputOf(env)).to.contain('answered 402');
    expect(await outputOf(env)).to.contain('answered 403');
  });

  it('when the Hub sends unreadable responses, errors or none', async () => {
    const quote = people.map(sentence).join('; ');
    const cut: ResponseStep = (_response, request) => request.socket.destroy();
    const env = await startScriptedHub(respondWith(200, quote), respondWith(500, { message: quote }), cut);
    expect(await outputOf(env)).to.contain('not JSON');
    expect(await outputOf(env)).to.contain('connection to the Hub was lost');
  });

  it('when the Hub cannot be reached', async () => {
    expect(await outputOf({ HUB_URL: 'http://127.0.0.1:1/api' })).to.contain('Cannot connect to the Hub');
  });

  it('when passwords in URLs are wrong, or are not allowed', async () => {
    const wrong = new URL(panel.url);
    wrong.password = password;
    expect(await outputOf({ WAREHOUSE_URL: wrong.href })).to.contain('sources.warehouse.url');
    expect(await outputOf({ DATABASE_URL: wrong.href })).to.contain('state.url');
    expect(await outputOf({ DATABASE_URL: `postgres://me:${password}@no such host/x` })).to.contain('state.url');
    const address = panel.hub.url.replace('http://', 'http://me:hub-password@');
    expect(await outputOf({ HUB_URL: address })).to.contain('destination.baseUrl');
  });

  it('when proxies of the environment are unreachable', async () => {
    const proxy = `http://me:${password}@127.0.0.1:1`;
    expect(await outputOf({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy })).to.contain('succeeded');
  });

  const failingModels: readonly (readonly [string, string])[] = [
    ['the value itself', 'first_name::integer::text'],
    ['a value with quotes in it', `('"x" ' || first_name || ' y')::integer::text`],
    ['a value in a date', `(email || ' ' || phone)::date::text`],
    ['a message of its own', 'raise_about(email || first_name)'],
  ];
  for (const [what, sql] of failingModels) {
    it(`when the model fails and the warehouse quotes ${what}`, async () => {
      await writeModel(sql);
      expect(await outputOf({}, ['check', 'plan panel'])).to.contain('people.sql fails');
    });
  }
});

function personOf(email: string): WarehouseRow {
  return people.find((person) => person.email === email) ?? {};
}
