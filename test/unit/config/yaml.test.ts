import { expect } from 'chai';
import { issuesOf, parseValidConfig, minimalConfig, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

describe('YAML of the configuration', () => {
  it('reports the line of a syntax error', async () => {
    const issues = await issuesOf(replaceInConfig('    type: postgres', '\ttype: postgres'));
    expect(issues[0]).to.deep.equal({
      path: '',
      line: 7,
      message: 'not valid YAML: a tab is used for indentation; YAML wants spaces',
      hint: null,
    });
  });

  it('asks for quotes around a schedule that starts with @', async () => {
    const [issue] = await issuesOf(replaceInConfig('    model:', '    schedule: @hourly\n    model:'));
    expect(issue?.line).to.equal(12);
    expect(issue?.message).to.contain('put it in quotes');
  });

  it('refuses an empty file, a list, and a second document', async () => {
    expect((await issuesOf('# nothing\n'))[0]?.message).to.equal('the file has no settings');
    expect((await issuesOf('- a\n'))[0]?.message).to.equal('must be a mapping of keys to values, but is a list');
    expect((await issuesOf('log: {}\n---\nlog: {}\n'))[0]?.message).to.contain('more than one document');
  });

  it('refuses tags, keys that are not scalars, and the key __proto__', async () => {
    expect((await issuesOf(`${minimalConfig}log: !secret {}\n`))[0]?.message).to.contain('tags such as');
    expect((await issuesOf(`${minimalConfig}? [a]\n: b\n`))[0]?.message).to.contain('a key must be a plain word');
    expect((await issuesOf(`${minimalConfig}  __proto__: { source: warehouse }\n`))[0]).to.include({
      path: 'syncs',
      line: 17,
      message: 'a key must be a plain word',
    });
  });

  it('refuses aliases that are circular or multiply', async () => {
    const circle = await issuesOf(replaceInConfig('    mapping:\n', '    mapping: &loop\n      title: *loop\n'));
    expect(circle.map(({ message }) => message)).to.include('the alias is inside its own anchor');
    expect(circle.length).to.be.lessThan(250);
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*a${level - 1}`));
      return `a${level}: &a${level} [${items.join(', ')}]`;
    });
    expect((await issuesOf(levels.join('\n'))).length).to.be.greaterThan(0);
    expect((await issuesOf('log: *nowhere\n'))[0]?.message).to.equal('the alias has no anchor above it');
  });

  it('merges mappings with `<<`, under the keys of the mapping itself', async () => {
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
    const [issue] = await issuesOf(replaceInConfig('    mapping:\n', '    mapping:\n      <<: [city]\n'));
    expect(issue).to.include({ path: 'syncs.people.mapping', line: 14 });
    expect(issue?.message).to.equal('`<<` takes the alias of a mapping, such as `<<: *shared`');
  });

  it('reports issues of merged settings with the line they are written on', async () => {
    const shared = replaceInConfig('    mapping:\n', '    mapping: &shared\n');
    const more = `${shared}  others:
    source: warehouse
    model: models/people.sql
    mapping: &more
      <<: *shared
      titel: title
  third:
    source: warehouse
    model: models/people.sql
    mapping: *more
`;
    const found = (await issuesOf(more)).map(({ path, line, message }) => `${line} ${path}: ${message.split(';')[0]}`);
    expect(found).to.deep.equal([
      '22 syncs.others.mapping.titel: unknown participant field `titel`',
      '22 syncs.third.mapping.titel: unknown participant field `titel`',
    ]);
  });

  it('keeps keys as they are written', async () => {
    const slugs = ['007', '1.10', '1e3', 'yes', 'null', '2026-01-01', '0x1f', '~', '1_000', 'True'];
    const lines = slugs.map((slug) => `        ${slug}: plan_tier\n`).join('');
    for (const head of ['', '%YAML 1.1\n---\n']) {
      const { syncs } = await parseValidConfig(head + replaceInConfig('        plan: plan_tier\n', lines));
      expect(Object.keys(syncs['people']?.mapping.characteristics ?? {})).to.have.members(slugs);
    }
  });

  it('refuses a value that YAML reads as a number or boolean where text is expected', async () => {
    for (const value of ['007', '1.10', '1e3', 'true', '0x1f', '.inf']) {
      const issues = await issuesOf(replaceInConfig('plan: plan_tier', `plan: ${value}`));
      expect(issues.map(({ path, line, hint }) => [path, line, hint])).to.deep.equal([
        ['syncs.people.mapping.characteristics.plan', 16, 'Put it in quotes.'],
      ]);
    }
    for (const value of ['yes', '2026-01-01', '1_000', "'007'", '12:30:45']) {
      const { syncs } = await parseValidConfig(
        `%YAML 1.1\n---\n${replaceInConfig('plan: plan_tier', `plan: ${value}`)}`,
      );
      const { column } = syncs['people']?.mapping.characteristics['plan'] ?? {};
      expect(column).to.equal(value.replaceAll("'", ''));
    }
  });

  it('refuses the same key twice, however it is written', async () => {
    for (const key of ['007', '"007"', "'007'"]) {
      const text = replaceInConfig('        plan: plan_tier\n', `        007: plan_tier\n        ${key}: other\n`);
      const [issue, ...others] = await issuesOf(text);
      expect(others).to.deep.equal([]);
      expect([issue?.path, issue?.line]).to.deep.equal(['syncs.people.mapping.characteristics.007', 17]);
      expect(issue?.message).to.equal('duplicate key `007`, first written on line 16');
    }
    const [issue] = await issuesOf(`${minimalConfig}  people: { source: warehouse }\n`);
    expect(issue).to.include({ path: 'syncs.people', line: 17 });
    expect(issue?.message).to.equal('duplicate key `people`, first written on line 10');
  });

  it('reports a circular alias with a short path', async () => {
    for (const circle of ['title: *loop', '<<: *loop']) {
      const issues = await issuesOf(replaceInConfig('    mapping:\n', `    mapping: &loop\n      ${circle}\n`));
      const [issue] = issues.filter(({ message }) => message === 'the alias is inside its own anchor');
      expect(issue?.path.length, circle).to.be.lessThan(60);
    }
  });

  it('reports a malformed reference, and takes an escaped one literally', async () => {
    const [issue] = await issuesOf(replaceInConfig('${API_KEY}', '${API KEY}'));
    expect(issue?.message).to.equal('has a `${` that starts no reference');
    expect(await issuesOf(replaceInConfig('${API_KEY}', '$${API_KEY}'))).to.deep.equal([]);
  });
});
