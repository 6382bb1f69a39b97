import path from 'node:path';
import { parseEnv } from 'node:util';
import type { Config } from '../core/settings.ts';
import { ConfigError } from './issues/issues.ts';
import { parseConfig } from './parse.ts';
import type { Environment } from './yaml/substitution.ts';
import { readTextFile } from './text-file.ts';

export interface LoadOptions {
  /** As given on the command line; it starts at `cwd`. */
  readonly file?: string | undefined;
  readonly cwd: string;
  /** The process's own environment when absent. */
  readonly env?: Environment;
}

/** Reads the configuration and all it names. Rejects with a `ConfigError` that holds every fault. */
export async function loadConfig({
  file: configFile,
  cwd,
  env: processEnv = process.env,
}: LoadOptions): Promise<Config> {
  const env = await withDotEnv(cwd, processEnv);
  const file = path.resolve(cwd, configFile || env['PANELSYNC_CONFIG'] || 'config/panelsync.yaml');
  const displayPath = path.relative(cwd, file);
  const content = await readTextFile(file);
  if ('problem' in content) {
    const hint = content.missing ? '`panelsync init` writes one; --config or PANELSYNC_CONFIG name another.' : null;
    throw new ConfigError(displayPath, [{ path: '', line: null, message: `the file ${content.problem}`, hint }]);
  }
  const { config, issues } = await parseConfig({ text: content.text, file, env, readFile: readTextFile });
  if (config === null) throw new ConfigError(displayPath, issues);
  return config;
}

/** The variables of `.env` in the working directory, under those of the environment, which win. */
async function withDotEnv(cwd: string, env: Environment): Promise<Environment> {
  const content = await readTextFile(path.join(cwd, '.env'));
  if ('text' in content) return { ...parseEnv(content.text), ...env };
  if (content.missing) return env;
  throw new ConfigError('.env', [{ path: '', line: null, message: `the file ${content.problem}`, hint: null }]);
}

/** Sets variables that a package reads while it is imported; what somebody has set stays. */
export function presetEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
}
