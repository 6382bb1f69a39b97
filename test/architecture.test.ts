import { expect } from 'chai';
import {
  barrelRule,
  consoleRule,
  cycleRule,
  defaultExportRule,
  processEnvRule,
  processExitRule,
  folderRule,
  functionRule,
  lengthRule,
  unsafeCastRule,
  nameRule,
  unfinishedWorkRule,
  packageRule,
  importPathRule,
} from './helpers/architecture/architecture-rules.ts';
import type { Rule } from './helpers/architecture/architecture-rules.ts';
import { sourceFiles } from './helpers/architecture/source-files.ts';
import type { SourceFile } from './helpers/architecture/source-files.ts';

/** A rule, and for each file (by its path) that breaks it, a text that does. */
const rules: readonly [string, Rule, readonly SourceFile[]][] = [
  [
    'folders import only what lies below them, and the middle folders never each other',
    folderRule,
    [
      { path: 'core/key.ts', text: "import { plan } from '../sync/plan/plan.ts';" },
      { path: 'state/tables/runs.ts', text: "import type {\n  Plan,\n} from '../../sync/plan/plan.ts';" },
      { path: 'commands/run.ts', text: "import { openDatabase } from '../state/db/database.ts';" },
      { path: 'sync/plan.ts', text: "import '../app.ts';" },
      { path: 'sync/send.ts', text: "const hub = await import('../destination/http.ts');" },
      { path: 'lib/sleep.ts', text: "export { wait } from '../sync/wait.ts';" },
      { path: 'tools/odd.ts', text: '' },
    ],
  ],
  [
    'every package has one home, and core and sync import none',
    packageRule,
    [
      { path: 'destination/wire.ts', text: "import axios from 'axios';" },
      { path: 'sync/plan.ts', text: "import type { Client } from 'pg';" },
      { path: 'core/value.ts', text: "import isEmail from 'validator/lib/isEmail.js';" },
      { path: 'app.ts', text: "const sdk = await import('snowflake-sdk');" },
      { path: 'config/load.ts', text: "import { load } from '@nobody/knows';" },
    ],
  ],
  ['imports name files with their suffix', importPathRule, [{ path: 'a.ts', text: "import { b } from './b.js';" }]],
  [
    'no import leads back to where it began',
    cycleRule,
    [
      { path: 'core/a.ts', text: "import type { B } from './b.ts';" },
      { path: 'core/b.ts', text: "import type { C } from './c.ts';" },
      { path: 'core/c.ts', text: "export { A } from './a.ts';" },
      { path: 'core/self.ts', text: "import { self } from './self.ts';" },
    ],
  ],
  [
    'the environment is read in one place',
    processEnvRule,
    [
      { path: 'app.ts', text: 'const home = process.env.HOME;' },
      { path: 'lib/x.ts', text: "const { HOME } = process['env'];" },
    ],
  ],
  ['the process is ended in one place', processExitRule, [{ path: 'commands/run.ts', text: 'process.exit(1);' }]],
  [
    'nothing is exported by default',
    defaultExportRule,
    [
      { path: 'lib/a.ts', text: 'export default 1;' },
      { path: 'lib/b.ts', text: 'export { a as default };' },
    ],
  ],
  [
    'no file passes on what another holds',
    barrelRule,
    [
      { path: 'lib/a.ts', text: "export * from './b.ts';" },
      { path: 'lib/c.ts', text: "export { b } from './b.ts';" },
    ],
  ],
  ['nobody writes to the console', consoleRule, [{ path: 'lib/a.ts', text: "console.log('here');" }]],
  [
    'nothing goes around the types',
    unsafeCastRule,
    [
      { path: 'lib/a.ts', text: 'const a = b as never;' },
      { path: 'lib/b.ts', text: 'const b = a as unknown as string;' },
    ],
  ],
  [
    'nothing is left open or kept quiet',
    unfinishedWorkRule,
    [
      { path: 'lib/a.ts', text: '// TODO: later' },
      { path: 'lib/b.ts', text: '// @ts-expect-error later' },
    ],
  ],
  [
    'files are named in kebab-case by what they are',
    nameRule,
    [
      { path: 'lib/utils.ts', text: '' },
      { path: 'lib/index.ts', text: '' },
      { path: 'lib/twoWords.ts', text: '' },
    ],
  ],
  ['no file is longer than 300 lines', lengthRule, [{ path: 'lib/long.ts', text: 'a;\n'.repeat(301) }]],
  [
    'no function is longer than 40 lines',
    functionRule,
    [
      { path: 'lib/a.ts', text: `function a() {\n${'  a();\n'.repeat(39)}}\n` },
      {
        path: 'lib/b.ts',
        text: `export class B {\n  async b(\n    c: number,\n  ): void {\n${'    b();\n'.repeat(39)}  }\n}\n`,
      },
      { path: 'lib/c.ts', text: `const c = () => {\n${'  c();\n'.repeat(39)}};\n` },
    ],
  ],
];

const clean: SourceFile = {
  path: 'sync/plan.ts',
  text: [
    "import { hash } from 'node:crypto';",
    "import type { Plan } from '../core/plan.ts';",
    '/** Reads no process.env, no console.log and as any. */',
    'export const plan = 1; // process.exit is for the CLI',
  ].join('\n'),
};

describe('architecture', () => {
  for (const [name, rule, broken] of rules) {
    it(name, () => {
      const violations = rule(sourceFiles('src'));
      expect(violations, `\n${violations.join('\n')}\n`).to.deep.equal([]);
    });

    it(`would show when it were not so that ${name}`, () => {
      const reported = rule(broken).map((violation) => /^(\S+):\d+ /.exec(violation)?.[1]);
      expect(reported).to.deep.equal(broken.map(({ path }) => path));
      if (rule !== importPathRule) expect(rule([clean])).to.deep.equal([]);
    });
  }

  for (const [name, rule] of [
    ['no file is longer than 300 lines', lengthRule],
    ['files are named in kebab-case by what they are', nameRule],
    ['nothing is left open or kept quiet', unfinishedWorkRule],
    ['nothing is exported by default', defaultExportRule],
  ] as const) {
    it(`of the tests: ${name}`, () => {
      // The texts above, which break the rules on purpose, stand in this file and in that of the rules.
      const files = sourceFiles('test').filter(
        ({ path }) => !/^(architecture\.test|helpers\/architecture\/architecture-rules)\.ts$/.test(path),
      );
      const violations = rule(files);
      expect(violations, `\n${violations.join('\n')}\n`).to.deep.equal([]);
    });
  }

  it('has something to look at', () => {
    expect(sourceFiles('src').length).to.be.above(50);
  });
});
