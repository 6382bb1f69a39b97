import { cp, mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runProgram } from './shell.ts';

/** The image that the steps of a Dockerfile left. */
export interface Image {
  /** Where its root is. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

interface Stage {
  readonly root: string;
  folder: string;
  env: Record<string, string>;
  user: string;
  entrypoint: readonly string[];
  command: readonly string[];
  healthcheck: readonly string[];
}

/**
 * Runs the steps of a Dockerfile one by one without Docker: each stage has a folder for its root, commands run in the
 * folder that stands for WORKDIR, with the system's own Node and npm. What the base image brings is not tried.
 */
export async function buildImage(text: string, folder: string): Promise<Image> {
  const stages = new Map<string, Stage>();
  let stage: Stage | null = null;
  for (const [instruction, rest] of instructionsOf(text)) {
    if (instruction === 'FROM') {
      const [, name = 'image'] = / AS (\w+)$/.exec(rest) ?? [];
      stage = {
        root: join(folder, name),
        folder: '/',
        env: {},
        user: '',
        entrypoint: [],
        command: [],
        healthcheck: [],
      };
      stages.set(name, stage);
    } else if (stage !== null) await runStep(stage, { instruction, rest, stages });
  }
  if (stage === null) throw new Error('the Dockerfile has no FROM');
  return stage;
}

/** Lines that end in a backslash go on in the next. */
function instructionsOf(text: string): readonly (readonly [string, string])[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  const instructions = lines.filter((line) => /^[A-Z]/.test(line));
  return instructions.map((line) => {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return [name, rest];
  });
}

interface Step {
  readonly instruction: string;
  readonly rest: string;
  readonly stages: ReadonlyMap<string, Stage>;
}

async function runStep(stage: Stage, { instruction, rest, stages }: Step): Promise<void> {
  switch (instruction) {
    case 'WORKDIR':
      stage.folder = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
      return;
    case 'ENV':
      for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
      return;
    case 'COPY':
      return copy(stage, rest, stages);
    case 'RUN':
      return run(stage, rest);
    case 'USER':
      stage.user = rest;
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(rest) as string[];
      return;
    case 'CMD':
      stage.command = JSON.parse(rest) as string[];
      return;
    case 'HEALTHCHECK':
      stage.healthcheck = (JSON.parse(rest.slice(rest.indexOf('['))) as string[]).slice(0);
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`a step that is not understood: ${instruction} ${rest}`);
  }
}

/** A folder is copied by its content, as Docker does. */
async function copy(stage: Stage, rest: string, stages: ReadonlyMap<string, Stage>): Promise<void> {
  const [, from, paths = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(rest) ?? [];
  const names = paths.split(' ');
  const target = names.pop() ?? '';
  const source = from === undefined ? '.' : (stages.get(from)?.root ?? '');
  for (const name of names) {
    const path = join(source, name);
    const isFolder = await readdir(path).then(
      () => true,
      () => false,
    );
    const into = join(stage.root, stage.folder, target);
    const copied = isFolder || !target.endsWith('/') ? into : join(into, basename(name));
    await mkdir(dirname(copied), { recursive: true });
    await cp(path, copied, { recursive: true, verbatimSymlinks: true });
  }
}

async function run(stage: Stage, command: string): Promise<void> {
  const cwd = join(stage.root, stage.folder);
  // npm finds what it has downloaded before.
  const env = { HOME: homedir(), ...stage.env };
  const { code, stdout, stderr } = await runProgram('sh', ['-c', command], { cwd, env });
  if (code !== 0) throw new Error(`RUN ${command} ended with ${code}\n${stdout}${stderr}`);
}
