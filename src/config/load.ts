/** The configuration: YAML, its references and the files it names, parsed once into a frozen `Config`. */

import path from 'node:path';
import type { Config } from '../core/settings.ts';
import { ConfigError } from './issues/issues.ts';
import { parseConfig } from './parse.ts';
import { readTextFile } from './text-file.ts';
import { parseEnvFile } from './variables/env-file.ts';
import type { Environment, VariableLayer } from './variables/variables.ts';

export interface LoadOptions {
  /** As given on the command line; it starts at `cwd`. */
  readonly file?: string | undefined;
  /** Files of variables, as given on the command line; the last one that has a variable decides. */
  readonly envFiles?: readonly string[] | undefined;
  readonly cwd: string;
  /** The process's own environment when absent. */
  readonly env?: Environment;
}

/** Reads the configuration and all it names. Rejects with a `ConfigError` that lists every issue. */
export async function loadConfig({
  file: configFile,
  envFiles = [],
  cwd,
  env = process.env,
}: LoadOptions): Promise<Config> {
  const layers = await readLayers(cwd, env, envFiles);
  const fileVariable = layers.map(({ values }) => values['PANELSYNC_CONFIG']).find((name) => name !== undefined);
  const file = path.resolve(cwd, configFile || fileVariable || 'config/panelsync.yaml');
  const displayPath = path.relative(cwd, file);
  const content = await readTextFile(file);
  if ('problem' in content) {
    const hint = content.missing ? 'Run `panelsync init` to write one, or name another with --config.' : null;
    throw fileError(displayPath, content.problem, hint);
  }
  const { config, issues } = await parseConfig({ text: content.text, file, layers, readFile: readTextFile });
  if (config === null) throw new ConfigError(displayPath, issues);
  return config;
}

/** The environment, over the files of `--env-file`, over `.env` in the working directory. */
async function readLayers(
  cwd: string,
  env: Environment,
  envFiles: readonly string[],
): Promise<readonly VariableLayer[]> {
  const files: VariableLayer[] = [];
  for (const file of ['.env', ...envFiles]) {
    const content = await readTextFile(path.resolve(cwd, file));
    if ('text' in content) files.unshift(parseEnvFile(content.text, file));
    else if (file !== '.env' || !content.missing) throw fileError(file, content.problem, null);
  }
  return [{ values: env, problems: loadedProblems(env, files) }, ...files];
}

/** Some versions of Node read `--env-file` themselves: what they put into the environment is cut short as well. */
function loadedProblems(env: Environment, files: readonly VariableLayer[]): NonNullable<VariableLayer['problems']> {
  const problems = files
    .toReversed()
    .flatMap(({ values, problems: found = {} }) =>
      Object.entries(found).filter(([name]) => env[name] !== undefined && env[name] === values[name]),
    );
  return Object.fromEntries(problems);
}

function fileError(file: string, problem: string, hint: string | null): ConfigError {
  return new ConfigError(file, [{ path: '', line: null, message: `the file ${problem}`, hint }]);
}

/** Sets variables that a package reads while it is imported; what somebody has set stays. */
export function presetEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
}

const insecureVariable = 'NODE_TLS_REJECT_UNAUTHORIZED';

/**
 * Certificates are verified, whatever the environment says: Node reads it at every connection, be it to the Hub, a
 * webhook, a database or Snowflake. True where it said otherwise.
 */
export function insistOnCertificates(): boolean {
  if (process.env[insecureVariable] !== '0') return false;
  delete process.env[insecureVariable];
  return true;
}

/** The span that this process belongs to, as W3C Trace Context writes it; undefined where nobody says so. */
export function callerTraceparent(): string | undefined {
  return process.env['TRACEPARENT'];
}

/** How this process was called: npm sets `npm_command` for `npx` and `npm exec`. */
export function programName(): string {
  return process.env['npm_command'] === 'exec' ? 'npx panelsync' : 'panelsync';
}
