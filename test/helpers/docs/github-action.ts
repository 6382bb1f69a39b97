import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CliResult } from '../cli/cli.ts';
import type { Project } from '../cli/project.ts';
import { runProgram } from './shell.ts';

/** What the action uses of the syntax of GitHub's composite actions. */
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

interface Step {
  readonly id?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
  readonly run: string;
}

interface ActionResult extends CliResult {
  readonly outputs: Readonly<Record<string, string>>;
  /** What the summary page of the job shows. */
  readonly summary: string;
}

/** Runs the steps of the action one after the other, each as a runner does: its script with bash, values in variables. */
export async function runAction(project: Project, inputs: Readonly<Record<string, string>>): Promise<ActionResult> {
  const action: Action = parse(await readFile('docs/github/action.yml', 'utf8'));
  const folder = await mkdtemp(join(project.cwd, 'runner-'));
  const [outputFile, summaryFile] = [join(folder, 'output'), join(folder, 'summary')];
  await Promise.all([outputFile, summaryFile].map((file) => writeFile(file, '')));
  const values = new Map(
    Object.entries(action.inputs).map(([name, { default: usual = '' }]) => [`inputs.${name}`, inputs[name] ?? usual]),
  );
  const resolved = (text: string): string =>
    text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, name) => valueOf(values, name));
  let result: CliResult = { code: 0, stdout: '', stderr: '' };
  for (const { id, env, run } of action.runs.steps) {
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, resolved(value)]));
    const runner = {
      RUNNER_TEMP: folder,
      GITHUB_RUN_ID: '1',
      GITHUB_OUTPUT: outputFile,
      GITHUB_STEP_SUMMARY: summaryFile,
    };
    result = await runProgram('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: project.cwd,
      env: { ...project.env, ...runner, ...own },
    });
    for (const line of (await readFile(outputFile, 'utf8')).split('\n')) {
      const separatorAt = line.indexOf('=');
      values.set(`steps.${id ?? ''}.outputs.${line.slice(0, separatorAt)}`, line.slice(separatorAt + 1));
    }
    await writeFile(outputFile, '');
    if (result.code !== 0) break;
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, resolved(value)] as const);
  return { ...result, outputs: Object.fromEntries(outputs), summary: await readFile(summaryFile, 'utf8') };
}

function valueOf(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the action uses ${name}, which nothing sets`);
  return value;
}
