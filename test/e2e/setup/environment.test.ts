import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

describe('secrets and environments', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await project.write('secrets/key', `${testApiKey}\n`);
    await project.write('secrets/quoted', `"${testApiKey}"\n`);
    await project.write('wrong.env', `HUB_KEY=wrong\nHUB_URL=http://127.0.0.1:1\n`);
    await project.write('right.env', `HUB_KEY='${testApiKey}'\nHUB_URL=${panel.hub.url}\n`);
    await project.write('cut.env', `HUB_KEY=${testApiKey}#more\n`);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  /** The project without the variables of these names. */
  function without(...names: readonly string[]): CliEnvironment {
    const env = Object.fromEntries(Object.entries(project.env).filter(([name]) => !names.includes(name)));
    return { cwd: project.cwd, env };
  }

  it('the key comes from a file that NAME_FILE names, without its line break; exit code 0', async () => {
    const { cwd, env } = without('HUB_KEY');
    const { code, stdout } = await runCli(['check'], { cwd, env: { ...env, HUB_KEY_FILE: '../secrets/key' } });
    expect(code, stdout).to.equal(0);
  });

  it('the key comes from a file that the configuration names; exit code 0', async () => {
    await project.configure({ '${HUB_KEY}': '${file:../secrets/key}' }, 'config/file.yaml');
    const { code, stdout } = await runCli(['check', '--config', 'config/file.yaml'], without('HUB_KEY'));
    expect(code, stdout).to.equal(0);
  });

  it('a file of variables is read for --env-file, the last one first; exit code 0', async () => {
    const args = ['check', '--env-file', 'wrong.env', '--env-file', 'right.env'];
    const { code, stdout } = await runCli(args, without('HUB_KEY', 'HUB_URL'));
    expect(code, stdout).to.equal(0);
  });

  it('a key in quotes, and one that a file of variables cuts short, are refused without being shown; exit code 2', async () => {
    const { cwd, env } = without('HUB_KEY');
    const quoted = await runCli(['status'], { cwd, env: { ...env, HUB_KEY_FILE: '../secrets/quoted' } });
    expect([quoted.code, quoted.stderr]).to.satisfy(isRefusalOf(/destination\.apiKey: has quotes around it/));
    const cut = await runCli(['status', '--env-file', 'cut.env'], { cwd, env });
    expect([cut.code, cut.stderr]).to.satisfy(isRefusalOf(/HUB_KEY in cut\.env, line 1, ends at its `#`/));
  });

  function isRefusalOf(words: RegExp) {
    return ([code, stderr]: readonly [number | null, string]): boolean =>
      code === 2 && words.test(stderr) && !stderr.includes(testApiKey);
  }
});
