import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { createFolder } from '../lib/create-folder.ts';
import { packageFile } from '../lib/package-file.ts';
import { printResult, exitCodes } from './command.ts';
import type { Command, CommandContext, CommandInput } from './command.ts';
import { choiceOption } from './shared/options.ts';
import { applyEdits, editsOf, sourceTypes } from './starter-edits.ts';
import type { SourceType } from './starter-edits.ts';

/** The folder of the package, whose example configuration is the starter. */
const packageDirectory = fileURLToPath(packageFile('./'));

const commonFiles = ['config/panelsync.schema.json', 'config/models/research_panel.sql'];

const postgresFiles = starterFiles({
  'config/panelsync.yaml': 'config/panelsync.yaml',
  '.env.example': '.env.example',
});

/** Files of a starter by type of source: where they go, and where they are in the package. */
const starters = {
  postgres: postgresFiles,
  redshift: postgresFiles,
  snowflake: postgresFiles,
  duckdb: starterFiles({
    'config/panelsync.yaml': 'config/panelsync.yaml',
    '.env.example': '.env.example',
    'config/models/research_panel.sql': 'config/duckdb/research_panel.sql',
    'config/data/people.csv': 'config/duckdb/people.csv',
  }),
} as const satisfies Readonly<Record<SourceType, unknown>>;

function starterFiles(sourceFiles: Readonly<Record<string, string>>): readonly (readonly [to: string, from: string])[] {
  const [configuration, ...otherFiles] = Object.entries(sourceFiles);
  const sharedFiles = commonFiles
    .filter((file) => sourceFiles[file] === undefined)
    .map((file): [string, string] => [file, file]);
  return [...(configuration === undefined ? [] : [configuration]), ...sharedFiles, ...otherFiles];
}

/** npm leaves a file of this name out of packages, so its content is here. */
const gitignore = '# Secrets and local state of panelsync.\n.env\n.panelsync/\n';

const gitignoredData = '# Files with people.\n/config/data/\n';

export interface InitResult {
  /** Absolute path of the folder. */
  readonly directory: string;
  readonly written: readonly string[];
  /** Files that existed already; they are not changed. */
  readonly kept: readonly string[];
}

/** Writes a starter configuration; a file that exists is never changed. */
export async function writeStarter(directory: string, source: SourceType): Promise<InitResult> {
  const written: string[] = [];
  const kept: string[] = [];
  const addFile = async (file: string, content: string): Promise<void> => {
    const list = (await writeIfAbsent(join(directory, file), content)) ? written : kept;
    list.push(file);
  };
  const edits = editsOf[source];
  for (const [to, from] of starters[source]) {
    const text = await readFile(join(packageDirectory, from), 'utf8');
    await addFile(to, applyEdits(text, edits));
  }
  await addFile('.gitignore', source === 'duckdb' ? gitignore + gitignoredData : gitignore);
  return { directory, written, kept };
}

/** False when the file exists. */
async function writeIfAbsent(file: string, content: string): Promise<boolean> {
  await createFolder(dirname(file)).catch((error: unknown) => {
    throw writeError(file, error);
  });
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw writeError(file, error);
  }
}

function writeError(file: string, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'init_not_written',
    recovery: 'usage',
    message: `The file ${file} cannot be written (${systemCode(cause) ?? 'unknown error'}).`,
    hint: 'Choose a folder that this user may write to: panelsync init <dir>.',
    cause,
  });
}

const warehouseSteps = [
  'cp .env.example .env, then fill in the key of the Hub and the login of the warehouse',
  'edit config/models/research_panel.sql and the mapping in config/panelsync.yaml',
];

const fileSteps = [
  'npm install @duckdb/node-api',
  'cp .env.example .env, then fill in the key of the Hub',
  'replace config/data/people.csv, then edit config/models/research_panel.sql and the mapping in config/panelsync.yaml',
];

function initResultText(
  { directory, written, kept }: InitResult,
  source: SourceType,
  { cwd, programName }: CommandContext,
): string {
  const relativeDirectory = relative(cwd, directory);
  const lines = [`In ${directory}:`, ...written.map((file) => `  wrote ${file}`)];
  lines.push(...kept.map((file) => `  kept  ${file} (it existed already)`));
  if (kept.includes('.gitignore'))
    lines.push('', 'Make sure that .gitignore lists .env and .panelsync/: they contain secrets and data of people.');
  const steps = [
    ...(relativeDirectory === '' ? [] : [`cd ${relativeDirectory}`]),
    ...(source === 'duckdb' ? fileSteps : warehouseSteps),
    `${programName} check: reports all issues at once`,
    `${programName} plan research-panel: shows what a run would send`,
    `${programName} run research-panel --limit 10: sends the first ten changes`,
  ];
  return [...lines, '', 'Next:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const source = choiceOption(input, 'source', sourceTypes) ?? 'postgres';
  const result = await writeStarter(resolve(context.cwd, input.args[0] ?? '.'), source);
  printResult(context, result, () => initResultText(result, source, context));
  return exitCodes.ok;
}

export const initCommand: Command = {
  name: 'init',
  summary: 'Writes a commented starter configuration and an example model',
  args: [{ name: '[dir]', description: 'folder to write to (default: the working directory)' }],
  options: [
    { flags: '--source <type>', description: 'type of the warehouse', choices: sourceTypes, defaultValue: 'postgres' },
  ],
  run,
};
