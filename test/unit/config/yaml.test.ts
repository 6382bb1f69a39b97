import { expect } from 'chai';
import {
  issuesOf,
  parseValidConfig,
  minimalConfig,
  minimalEnvironment,
  replaceInConfig,
} from '../../helpers/fixtures/minimal-config.ts';

describe('YAML of the configuration', () => {
  it('tells the line where it cannot be read', async () => {
    const faults = await issuesOf(replaceInConfig('    type: postgres', '\ttype: postgres'));
    expect(faults[0]).to.deep.equal({
      path: '',
      line: 7,
      message: 'not valid YAML: a tab is used for indentation; YAML wants spaces',
      hint: null,
    });
  });

  it('asks for quotes around a schedule that starts with @', async () => {
    const [fault] = await issuesOf(replaceInConfig('    model:', '    schedule: @hourly\n    model:'));
    expect(fault?.line).to.equal(12);
    expect(fault?.message).to.contain('put it in quotes');
  });

  it('refuses an empty file, a list, and a second document', async () => {
    expect((await issuesOf('# nothing\n'))[0]?.message).to.equal('the file holds no settings');
    expect((await issuesOf('- a\n'))[0]?.message).to.equal('must be a mapping of keys to values, but is a list');
    expect((await issuesOf('log: {}\n---\nlog: {}\n'))[0]?.message).to.contain('more than one document');
  });

  it('refuses tags, keys that are no words, and the key __proto__', async () => {
    expect((await issuesOf(`${minimalConfig}log: !secret {}\n`))[0]?.message).to.contain('tags such as');
    expect((await issuesOf(`${minimalConfig}? [a]\n: b\n`))[0]?.message).to.equal('a key must be a plain word');
    expect((await issuesOf(`${minimalConfig}  __proto__: { source: warehouse }\n`))[0]).to.include({
      path: 'syncs',
      line: 17,
      message: 'a key must be a plain word',
    });
  });

  it('ends aliases that go round in a circle or multiply', async () => {
    const circle = await issuesOf(replaceInConfig('    mapping:\n', '    mapping: &loop\n      title: *loop\n'));
    expect(circle.map(({ message }) => message)).to.include('there are too many aliases, or a circle');
    expect(circle.length).to.be.lessThan(250);
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*a${level - 1}`));
      return `a${level}: &a${level} [${items.join(', ')}]`;
    });
    expect((await issuesOf(levels.join('\n'))).length).to.be.greaterThan(0);
    expect((await issuesOf('log: *nowhere\n'))[0]?.message).to.equal('the alias names no anchor above it');
  });

  it('takes what `<<` brings from other mappings, under what is written in place', async () => {
    const shared = replaceInConfig('    mapping:\n', '    mapping: &shared\n');
    const more = `${shared}  others:
    source: warehouse
    model: models/people.sql
    mapping:
      <<: [*shared, { city: city, email: never }]
      characteristics: { tier: plan_tier }
`;
    const { syncs } = await parseValidConfig(more);
    expect(syncs['others']?.mapping).to.deep.equal({
      fields: { email: 'email', city: 'city' },
      characteristics: { tier: { column: 'plan_tier', type: null } },
    });
    const [fault] = await issuesOf(replaceInConfig('    mapping:\n', '    mapping:\n      <<: [city]\n'));
    expect(fault).to.include({ path: 'syncs.people.mapping', line: 14 });
    expect(fault?.message).to.equal('`<<` takes the alias of a mapping, such as `<<: *shared`');
  });

  it('tells of a circle by its beginning', async () => {
    for (const circle of ['title: *loop', '<<: *loop']) {
      const faults = await issuesOf(replaceInConfig('    mapping:\n', `    mapping: &loop\n      ${circle}\n`));
      const [fault] = faults.filter(({ message }) => message === 'there are too many aliases, or a circle');
      expect(fault?.path.length, circle).to.be.lessThan(60);
    }
  });

  it('tells a reference that it cannot read, and takes an escaped one as text', async () => {
    const [fault] = await issuesOf(replaceInConfig('${API_KEY}', '${API KEY}'));
    expect(fault?.message).to.equal('holds a `${` that starts no reference to an environment variable');
    expect(await issuesOf(replaceInConfig('${API_KEY}', '$${API_KEY}'))).to.deep.equal([]);
  });
});

describe('secrets in the configuration', () => {
  const secret = 'hunter2:#"{x}';
  const scalars = [...minimalConfig.matchAll(/^ *[a-zA-Z]+: (\S+)$/gm)].map((match) => match[0]);

  for (const line of scalars) {
    it(`are not told when the environment gives a wrong value to "${line.trim()}"`, async () => {
      const text = replaceInConfig(line, line.replace(/: .*/, ': ${SECRET}'));
      const broken = `${text}log: { level: "\${SECRET}", format: 5 }\nserver: { port: "\${SECRET}" }\n`;
      const faults = await issuesOf(broken, { ...minimalEnvironment, SECRET: secret });
      expect(faults.length).to.be.greaterThan(2);
      expect(JSON.stringify(faults)).not.to.contain('hunter2');
    });
  }

  it('are not told when they stand in the file, not even in YAML that cannot be read', async () => {
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
      const faults = JSON.stringify(await issuesOf(text));
      expect(faults, text).to.contain('"message"');
      expect(faults, text).not.to.match(/hunter2|ter2/);
    }
  });
});
