import { expect } from 'chai';
import { resolve } from 'node:path';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { example } from '../../helpers/docs/examples.ts';
import { installProgram, runShell } from '../../helpers/docs/shell.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

function envFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

describe('environments in the documentation', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada' }]);
    await installProgram(project, 'panelsync', `exec '${process.execPath}' '${resolve('dist/src/cli.js')}' "$@"`);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('take their variables from .env, from files, and from secrets of the platform', async () => {
    const [development = '', staging = '', production = ''] = (
      await example('docs/configuration.md#secrets-and-environments sh')
    ).split('\n');
    const { cwd, env } = project;
    await project.write('.env', envFile(env));
    expect((await runShell(development, { cwd, env: {} })).code).to.equal(0);

    const { HUB_KEY: key = '', ...others } = env;
    await project.write('.env', '');
    await project.write('env/common.env', envFile({ ...others, HUB_KEY: 'overridden' }));
    await project.write('env/staging.env', envFile({ HUB_KEY: key }));
    expect((await runShell(staging, { cwd, env: {} })).code).to.equal(0);

    await project.write('hub-key', `${key}\n`);
    // The daemon would run until it is stopped; the name of the variable is the example's, the project has another.
    const check = production
      .replace('/run/secrets/hub-key', `${cwd}/hub-key`)
      .replace('USER_INTERVIEWS_API_KEY_FILE', 'HUB_KEY_FILE')
      .replace('panelsync start', 'panelsync check');
    const { code, stdout } = await runShell(check, { cwd, env: others });
    expect(code, stdout).to.equal(0);
  });
});
