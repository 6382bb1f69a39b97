import { expect } from 'chai';
import { issuesOf, minimalConfig, minimalEnvironment, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

describe('secrets in the configuration', () => {
  const secret = 'hunter2:#"{x}';
  const scalars = [...minimalConfig.matchAll(/^ *[a-zA-Z]+: (\S+)$/gm)].map((match) => match[0]);

  for (const line of scalars) {
    it(`are not shown when the environment has a wrong value for "${line.trim()}"`, async () => {
      const text = replaceInConfig(line, line.replace(/: .*/, ': ${SECRET}'));
      const broken = `${text}log: { level: "\${SECRET}", format: 5 }\nserver: { port: "\${SECRET}" }\n`;
      const issues = await issuesOf(broken, { ...minimalEnvironment, SECRET: secret });
      expect(issues.length).to.be.greaterThan(2);
      expect(JSON.stringify(issues)).not.to.contain('hunter2');
    });
  }

  it('are not shown when they are in the file, even if its YAML is invalid', async () => {
    const texts = [
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: hun ter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: [hunter2]'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: { hunter2: hunter2 }'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey:hunter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: "hunter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: a: hunter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: a\nhunter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: *hunter2'),
      replaceInConfig('apiKey: ${API_KEY}', 'apiKey: !hunter2 x'),
      replaceInConfig(
        'destination:\n  apiKey: ${API_KEY}',
        'destination: { apiKey:hunter2, baseUrl: http://a:hunter2@b }',
      ),
      replaceInConfig('${WAREHOUSE_URL}', 'mysql://reader:hunter2@localhost/shop'),
      replaceInConfig('${DATABASE_URL:-}', 'postgres://reader:hunter2 @localhost/shop'),
      `${minimalConfig}server: { token: "hunter2 hunter2" }\n`,
    ];
    for (const text of texts) {
      const issues = JSON.stringify(await issuesOf(text));
      expect(issues, text).to.contain('"message"');
      expect(issues, text).not.to.match(/hunter2|ter2/);
    }
  });

  it('are refused with quotes or white space around them, all alike', async () => {
    const alert = 'alerts: { team: { url: "${SECRET}" } }\n';
    const snowflake = 'type: snowflake\n    account: a-b\n    username: me';
    const places: Readonly<Record<string, string>> = {
      'destination.apiKey': replaceInConfig('${API_KEY}', '${SECRET}'),
      'state.url': replaceInConfig('${DATABASE_URL:-}', '${SECRET}'),
      'state.hashKey': replaceInConfig('state:\n', 'state:\n  hashKey: ${SECRET}\n'),
      'server.readToken': `${minimalConfig}server: { readToken: "\${SECRET}" }\n`,
      'server.token': `${minimalConfig}server: { token: "\${SECRET}" }\n`,
      'alerts.team.url': minimalConfig + alert,
      'sources.warehouse.url': replaceInConfig('${WAREHOUSE_URL}', '${SECRET}'),
      'sources.warehouse.password': replaceInConfig(
        'type: postgres\n    url: ${WAREHOUSE_URL}',
        `${snowflake}\n    password: \${SECRET}`,
      ),
      'sources.warehouse.token': replaceInConfig(
        'type: postgres\n    url: ${WAREHOUSE_URL}',
        `${snowflake}\n    token: \${SECRET}`,
      ),
    };
    const value = `postgres://u:${'x'.repeat(40)}@h/d`;
    const spoiled: readonly (readonly [string, string])[] = [
      [`"${value}"`, 'has quotes around it that become part of the value'],
      [`'${value}'`, 'has quotes around it that become part of the value'],
      [`${value}\n`, 'starts or ends with a space or a line break'],
      [`${value}\r\n`, 'starts or ends with a space or a line break'],
      [` ${value}`, 'starts or ends with a space or a line break'],
    ];
    for (const [path, text] of Object.entries(places)) {
      for (const [SECRET, message] of spoiled) {
        const issues = await issuesOf(text, { ...minimalEnvironment, SECRET });
        expect(issues.map((issue) => [issue.path, issue.message])).to.deep.equal([[path, message]]);
      }
    }
  });
});
