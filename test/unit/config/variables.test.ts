import { expect } from 'chai';
import { parseEnvFile } from '../../../src/config/variables/env-file.ts';
import { resolveReferences } from '../../../src/config/variables/variables.ts';
import type { ReferenceValue, VariableLayer } from '../../../src/config/variables/variables.ts';

const files: Readonly<Record<string, string>> = {
  '/run/secrets/key': 'from-file\n',
  '/run/secrets/windows': 'from-file\r\n',
  '/panel/beside': 'beside',
  '/run/secrets/empty': '\n',
};

async function resolve(reference: string, ...layers: VariableLayer[]): Promise<ReferenceValue | null> {
  const values = await resolveReferences(new Set([reference]), {
    layers,
    directory: '/panel',
    readFile: (file) => {
      const text = files[file];
      return Promise.resolve(text === undefined ? { problem: 'does not exist', missing: true } : { text });
    },
  });
  return values.get(reference) ?? null;
}

function problemOf(value: ReferenceValue | null): string {
  return value !== null && 'problem' in value ? value.problem.message : 'none';
}

describe('references of the configuration', () => {
  it('read files without the line break at their end, from the folder of the configuration', async () => {
    for (const file of ['/run/secrets/key', '/run/secrets/windows']) {
      expect(await resolve(`file:${file}`)).to.deep.equal({ text: 'from-file' });
    }
    expect(await resolve('file:beside')).to.deep.equal({ text: 'beside' });
    expect(await resolve('file:/run/secrets/empty')).to.deep.equal({ text: '' });
    expect(problemOf(await resolve('file:/gone'))).to.equal('the file does not exist');
  });

  it('take NAME_FILE for NAME, also where NAME is empty', async () => {
    for (const values of [{ KEY_FILE: '/run/secrets/key' }, { KEY: '', KEY_FILE: '/run/secrets/key' }]) {
      expect(await resolve('KEY', { values })).to.deep.equal({ text: 'from-file' });
    }
    expect(problemOf(await resolve('KEY', { values: { KEY_FILE: '/gone' } }))).to.equal(
      'the file that KEY_FILE names does not exist',
    );
  });

  it('refuse NAME and NAME_FILE of one origin, and prefer either of an earlier origin', async () => {
    const both = { values: { KEY: 'a', KEY_FILE: '/run/secrets/key' } };
    expect(problemOf(await resolve('KEY', both))).to.equal('both KEY and KEY_FILE are set');
    const [value, file] = [{ values: { KEY: 'a' } }, { values: { KEY_FILE: '/run/secrets/key' } }];
    expect(await resolve('KEY', value, file)).to.deep.equal({ text: 'a' });
    expect(await resolve('KEY', file, value)).to.deep.equal({ text: 'from-file' });
    expect(await resolve('KEY', { values: { KEY: '' } }, value)).to.deep.equal({ text: '' });
    expect(await resolve('KEY', { values: {} }, value)).to.deep.equal({ text: 'a' });
    expect(await resolve('KEY', { values: {} })).to.equal(null);
    expect(await resolve('constructor', { values: {} })).to.equal(null);
  });
});

describe('a file of variables', () => {
  const cut: readonly (readonly [line: string, message: RegExp])[] = [
    ['KEY=hunter#2', /^the value of KEY in \.env, line 2, ends at its `#`$/],
    ['KEY=#hunter2', /ends at its `#`$/],
    ['export KEY = hunter#2 # a comment', /ends at its `#`$/],
    ['KEY="hunter"2"', /ends at the second of its quotes$/],
    ["KEY='hunter's'", /ends at the second of its quotes$/],
    ['KEY="hunter\\"2"', /ends at the second of its quotes$/],
    ['KEY="hunter"#2', /ends at the second of its quotes$/],
    ['KEY="hunter2', /starts with a quote that is never closed$/],
  ];
  for (const [line, message] of cut) {
    it(`is suspected to cut a value short: ${line}`, async () => {
      const layer = parseEnvFile(`A=1\n${line}\n`, '.env');
      expect(problemOf(await resolve('KEY', layer)))
        .to.match(message)
        .and.to.not.match(/hunter/);
      expect(await resolve('A', layer)).to.deep.equal({ text: '1' });
    });
  }

  const whole: readonly (readonly [line: string, value: string])[] = [
    ['KEY=plain', 'plain'],
    ['KEY=plain # comment', 'plain'],
    ['KEY=plain   #comment', 'plain'],
    ['KEY= # comment', ''],
    ['KEY="hunter#2" # comment', 'hunter#2'],
    ['KEY=\'say "x"\'', 'say "x"'],
    ['KEY=`both " and \'`', 'both " and \''],
    ["KEY=it's", "it's"],
    ['KEY="first\nB=not a variable # x\nlast"', 'first\nB=not a variable # x\nlast'],
    ['KEY=hunter#2\nKEY="hunter#2"', 'hunter#2'],
    ['# KEY=a#b\nKEY=a', 'a'],
  ];
  for (const [line, text] of whole) {
    it(`gives the whole value of ${line.replaceAll('\n', '⏎')}`, async () => {
      expect(await resolve('KEY', parseEnvFile(`A=1\n${line}\nZ=2\n`, '.env'))).to.deep.equal({ text });
    });
  }
});
