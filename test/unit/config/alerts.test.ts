import { expect } from 'chai';
import { alertKinds } from '../../../src/core/ports/alert-store.ts';
import {
  issuesOf,
  parseValidConfig,
  minimalConfig,
  minimalEnvironment,
} from '../../helpers/fixtures/minimal-config.ts';

const address = 'https://hooks.example.test/services/very-secret';
const env = { ...minimalEnvironment, HOOK: address };

/** The lines stand on 19 and after. */
function withAlert(...lines: readonly string[]): string {
  return `${minimalConfig}alerts:\n  team:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

async function issueLines(text: string): Promise<readonly string[]> {
  const issues = await issuesOf(text, env);
  return issues.map(
    ({ line, path, message, hint }) => `${line} ${path}: ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}

describe('alerts of the configuration', () => {
  it('require only a URL', async () => {
    const { alerts } = await parseValidConfig(withAlert('url: ${HOOK}'), env);
    expect(alerts['team']).to.deep.equal({
      name: 'team',
      url: address,
      format: 'json',
      on: alertKinds.filter((kind) => kind !== 'unusual'),
      partialPercent: 1,
      overdueIntervals: 3,
      syncs: null,
    });
  });

  it('remove duplicates from lists', async () => {
    const text = withAlert(
      'url: ${HOOK}',
      'format: slack',
      'on: [overdue, failed, overdue]',
      'syncs: [people, people]',
    );
    const { alerts } = await parseValidConfig(text, env);
    expect(alerts['team']).to.deep.include({ format: 'slack', on: ['overdue', 'failed'], syncs: ['people'] });
  });

  it('are disabled by an empty URL', async () => {
    for (const url of ['url: ${NOT_SET:-}', "url: ''"]) {
      expect((await parseValidConfig(withAlert(url), env)).alerts).to.deep.equal({});
    }
  });

  it('of PagerDuty need a routing key, and of a mail server the addresses', async () => {
    const pager = await parseValidConfig(withAlert('format: pagerduty', 'routingKey: ${HOOK}'), env);
    expect(pager.alerts['team']).to.deep.include({
      url: 'https://events.pagerduty.com/v2/enqueue',
      routingKey: address,
    });
    const mail = ['format: email', 'url: smtp://u:p@mail.example.test', 'from: a@x.test', 'to: [b@x.test, b@x.test]'];
    const { alerts } = await parseValidConfig(withAlert(...mail), env);
    expect(alerts['team']).to.deep.include({ url: 'smtp://u:p@mail.example.test', from: 'a@x.test', to: ['b@x.test'] });
    const disabled = withAlert('format: pagerduty', 'routingKey: ${NOT_SET:-}');
    expect((await parseValidConfig(disabled, env)).alerts).to.deep.equal({});
  });

  it('report issues in lists with the line of each item', async () => {
    const issues = await issueLines(
      withAlert('url: ${HOOK}', 'on:', '  - failed', '  - recoverd', '  - 7', 'syncs:', '  - people', '  - peopel'),
    );
    expect(issues).to.deep.equal([
      '22 alerts.team.on.1: unknown word `recoverd`; did you mean `recovered`? | Known: failed, partial, stopped, overdue, stale, unusual, recovered.',
      '23 alerts.team.on.2: must be one of failed, partial, stopped, overdue, stale, unusual, recovered, but is a number',
      '26 alerts.team.syncs.1: no sync is named `peopel`; did you mean `people`? | Known: people.',
    ]);
  });

  const faulty: readonly (readonly [string, readonly string[], string])[] = [
    ['no address', ['format: json'], '18 alerts.team.url: is required | Set it to the address'],
    ['an address of another kind', ['url: ftp://x'], '19 alerts.team.url: must be a URL that starts with https://'],
    ['an address with a password', ['url: https://a:b@x.test/'], '19 alerts.team.url: must not contain a user or'],
    ['no routing key', ['format: pagerduty'], '18 alerts.team.routingKey: is required'],
    ['no recipients', ['format: email', 'url: smtp://x.test', 'from: a@x.test'], '18 alerts.team.to: is required'],
    [
      'a name beside an address',
      ['format: email', 'url: smtp://x.test', 'from: A <a@x.test>', 'to: [b@x.test]'],
      '21 alerts.team.from: must be an e-mail address',
    ],
    ['what only e-mail has', ['url: ${HOOK}', 'from: a@x.test'], '20 alerts.team.from: is for format email only'],
    ['a mail server for a webhook', ['url: smtp://x.test'], '19 alerts.team.url: is a mail server'],
    [
      'a webhook for e-mail',
      ['format: email', 'url: ${HOOK}', 'from: a@x.test', 'to: [b@x.test]'],
      '20 alerts.team.url: must be a mail server',
    ],
    ['an empty list', ['url: ${HOOK}', 'on: []'], '20 alerts.team.on: must not be empty'],
    ['no list', ['url: ${HOOK}', 'on: failed'], '20 alerts.team.on: must be a list, but is text'],
    [
      'too little patience',
      ['url: ${HOOK}', 'overdueIntervals: 1'],
      '20 alerts.team.overdueIntervals: must be a whole',
    ],
  ];
  for (const [what, lines, issue] of faulty) {
    it(`are refused with ${what}`, async () => {
      const [first = '', ...others] = await issueLines(withAlert(...lines));
      expect(others).to.deep.equal([]);
      expect(first).to.contain(issue).and.to.not.contain('very-secret');
    });
  }
});
