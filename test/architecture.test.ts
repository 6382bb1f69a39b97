import { expect } from 'chai';
import {
  barrelRule,
  browserRule,
  consoleRule,
  cycleRule,
  defaultExportRule,
  processEnvRule,
  processExitRule,
  folderRule,
  functionRule,
  lengthRule,
  modelRule,
  openingRule,
  crowdRule,
  unsafeCastRule,
  nameRule,
  unfinishedWorkRule,
  packageRule,
  importPathRule,
} from './helpers/architecture/architecture-rules.ts';
import type { Rule } from './helpers/architecture/architecture-rules.ts';
import { sourceFiles } from './helpers/architecture/source-files.ts';
import type { SourceFile } from './helpers/architecture/source-files.ts';

/** A rule, and files that break it. */
const rules: readonly [string, Rule, readonly SourceFile[]][] = [
  [
    'folders import only what is below them, and the middle folders never each other',
    folderRule,
    [
      { path: 'core/key.ts', text: "import { plan } from '../sync/plan/plan.ts';" },
      { path: 'state/tables/runs.ts', text: "import type {\n  Plan,\n} from '../../sync/plan/plan.ts';" },
      { path: 'commands/run.ts', text: "import { openDatabase } from '../state/db/database.ts';" },
      { path: 'commands/simulator.ts', text: "import { startEmbedded } from '../embedded/embedded.ts';" },
      { path: 'daemon/daemon.ts', text: "import { startEmbedded } from '../embedded/embedded.ts';" },
      { path: 'state/state.ts', text: "import { startEmbedded } from '../embedded/embedded.ts';" },
      { path: 'server/server.ts', text: "import { createState } from '../state/state.ts';" },
      { path: 'alerts/alerts.ts', text: "import { openDaemon } from '../daemon/daemon.ts';" },
      { path: 'app.ts', text: "import { commands } from './commands/commands.ts';" },
      { path: 'sync/plan.ts', text: "import '../app.ts';" },
      { path: 'sync/send.ts', text: "const hub = await import('../destination/http.ts');" },
      { path: 'lib/sleep.ts', text: "export { wait } from '../sync/wait.ts';" },
      { path: 'lib/file.ts', text: "import { PanelsyncError } from '../core/errors.ts';" },
      { path: 'page/page.tsx', text: "import type { DaemonApi } from '../server/api.ts';" },
      { path: 'server/page/page.ts', text: "import { App } from '../../page/shell/app.tsx';" },
      { path: 'tools/odd.ts', text: '' },
    ],
  ],
  [
    'the page takes types from the daemon, and no code but formats',
    browserRule,
    [
      { path: 'page/parts/badge.tsx', text: "import { runStatuses } from '../../core/model/terms.ts';" },
      { path: 'page/page.tsx', text: "import { readFile } from '../lib/file.ts';" },
    ],
  ],
  [
    'core/model imports no package and no port',
    modelRule,
    [
      { path: 'core/model/value.ts', text: "import type { Log } from '../ports/log.ts';" },
      { path: 'core/model/timeline/timeline.ts', text: "import type { Records } from '../../ports/records.ts';" },
      { path: 'core/model/key.ts', text: "import isEmail from 'validator/lib/isEmail.js';" },
    ],
  ],
  [
    'every package has one home, and sync imports none',
    packageRule,
    [
      { path: 'destination/wire.ts', text: "import axios from 'axios';" },
      { path: 'sync/plan.ts', text: "import type { Client } from 'pg';" },
      { path: 'sync/deliver/split.ts', text: "import { z } from 'zod';" },
      { path: 'core/value.ts', text: "import isEmail from 'validator/lib/isEmail.js';" },
      { path: 'lib/text.ts', text: "import winston from 'winston';" },
      { path: 'server/page/page.ts', text: "import { render } from 'preact';" },
      { path: 'page/parts/chart.tsx', text: "import uPlot from 'uplot';" },
      { path: 'app.ts', text: "const sdk = await import('snowflake-sdk');" },
      { path: 'config/load.ts', text: "import { load } from '@nobody/knows';" },
    ],
  ],
  ['imports name files with their suffix', importPathRule, [{ path: 'a.ts', text: "import { b } from './b.js';" }]],
  [
    'no import is part of a cycle',
    cycleRule,
    [
      { path: 'core/a.ts', text: "import type { B } from './b.ts';" },
      { path: 'core/b.ts', text: "import type { C } from './c.ts';" },
      { path: 'core/c.ts', text: "export { A } from './a.ts';" },
      { path: 'core/self.ts', text: "import { self } from './self.ts';" },
    ],
  ],
  [
    'process.env is read in config/load only',
    processEnvRule,
    [
      { path: 'app.ts', text: 'const home = process.env.HOME;' },
      { path: 'lib/x.ts', text: "const { HOME } = process['env'];" },
    ],
  ],
  ['process.exit is called in cli only', processExitRule, [{ path: 'commands/run.ts', text: 'process.exit(1);' }]],
  [
    'no file has a default export',
    defaultExportRule,
    [
      { path: 'lib/a.ts', text: 'export default 1;' },
      { path: 'lib/b.ts', text: 'export { a as default };' },
    ],
  ],
  [
    'no file re-exports another',
    barrelRule,
    [
      { path: 'lib/a.ts', text: "export * from './b.ts';" },
      { path: 'lib/c.ts', text: "export { b } from './b.ts';" },
    ],
  ],
  ['no file writes to the console', consoleRule, [{ path: 'lib/a.ts', text: "console.log('here');" }]],
  [
    'no cast bypasses the types',
    unsafeCastRule,
    [
      { path: 'lib/a.ts', text: 'const a = b as never;' },
      { path: 'lib/b.ts', text: 'const b = a as unknown as string;' },
      { path: 'lib/c.ts', text: 'const c = a as any;' },
    ],
  ],
  [
    'no work is unfinished, and no compiler error is silenced',
    unfinishedWorkRule,
    [
      { path: 'lib/a.ts', text: '// TODO: later' },
      { path: 'lib/b.ts', text: '// @ts-expect-error later' },
    ],
  ],
  [
    'file names are kebab-case and say what is inside',
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
  [
    'the main file of a folder opens with a comment',
    openingRule,
    [
      { path: 'server/server.ts', text: "import { createServer } from 'node:http';" },
      { path: 'sync/run-sync.ts', text: 'export const a = 1;\n/** Too late. */' },
    ],
  ],
];

/** Imports of core/model that are still to go: the interface of formats, and one type of a baseline. */
const pending =
  /^core\/model\/(normalize-person|participant)\.ts:\d+ imports core\/ports\/(formats|hub\/baseline)\.ts$/;

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
      const violations = rule(sourceFiles('src')).filter((violation) => !pending.test(violation));
      expect(violations, `\n${violations.join('\n')}\n`).to.deep.equal([]);
    });

    it(`reports files that break the rule: ${name}`, () => {
      const reported = rule(broken).map((violation) => /^(\S+):\d+ /.exec(violation)?.[1]);
      expect(reported).to.deep.equal(broken.map(({ path }) => path));
      if (rule !== importPathRule) expect(rule([clean])).to.deep.equal([]);
    });
  }

  for (const [name, rule] of [
    ['no file is longer than 300 lines', lengthRule],
    ['no folder has more than 16 files', crowdRule],
    ['file names are kebab-case and say what is inside', nameRule],
    ['no work is unfinished, and no compiler error is silenced', unfinishedWorkRule],
    ['no file has a default export', defaultExportRule],
  ] as const) {
    it(`tests: ${name}`, () => {
      // This file and the file with the rules contain what the rules forbid.
      const files = sourceFiles('test').filter(
        ({ path }) => !/^(architecture\.test|helpers\/architecture\/architecture-rules)\.ts$/.test(path),
      );
      const violations = rule(files);
      expect(violations, `\n${violations.join('\n')}\n`).to.deep.equal([]);
    });
  }

  it('no folder has more than 16 files', () => {
    const violations = crowdRule(sourceFiles('src'));
    expect(violations, `\n${violations.join('\n')}\n`).to.deep.equal([]);
    const crowd = Array.from({ length: 17 }, (_, at) => ({ path: `lib/async/f${at}.ts`, text: '' }));
    expect(crowdRule(crowd)).to.deep.equal(['lib/async:1 has 17 files']);
    expect(crowdRule(crowd.slice(1))).to.deep.equal([]);
  });

  it('the rules see the source files', () => {
    expect(sourceFiles('src').length).to.be.above(50);
  });
});
