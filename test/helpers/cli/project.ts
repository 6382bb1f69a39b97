import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CliEnvironment } from './cli.ts';
import { replaceInConfig } from '../fixtures/minimal-config.ts';
import { testApiKey } from '../hub/scripted-hub.ts';

/** Two syncs over one model. Tests change it through the environment, or by replacing a part of the text. */
export const projectConfig = `state:
  url: \${DATABASE_URL:-}
  payload: \${PAYLOAD:-full}
  hashKey: \${PANELSYNC_HASH_KEY:-}
destination:
  apiKey: \${HUB_KEY}
  baseUrl: \${HUB_URL}
  batchSize: \${BATCH_SIZE:-100}
  requestsPerMinute: \${REQUESTS_PER_MINUTE:-6000}
  maxAttempts: \${MAX_ATTEMPTS:-1}
sources:
  warehouse:
    type: postgres
    url: \${WAREHOUSE_URL}
    statementTimeoutMs: \${STATEMENT_TIMEOUT_MS:-600000}
syncs:
  panel:
    source: warehouse
    model: \${MODEL:-models/people.sql}
    mode: \${MODE:-upsert}
    schedule: '0 6 * * *'
    mapping: &mapping
      email: email
      first_name: first_name
      city: city
      characteristics: { plan: plan }
    guards: { minRows: \${MIN_ROWS:-1} }
  known-only:
    source: warehouse
    model: models/people.sql
    mode: \${SECOND_MODE:-update}
    mapping: *mapping
`;

export const peopleModel = 'select email, first_name, city, plan, note from people order by id';

/** A folder of a test's own, with a configuration and a model that fit the panel. */
export interface Project extends CliEnvironment {
  /** The same folder with other variables. */
  withEnv(env: CliEnvironment['env']): CliEnvironment;
  write(file: string, text: string): Promise<void>;
  /** Writes another configuration: the usual one with parts of its text replaced. Throws when a part is missing. */
  configure(replacements: Readonly<Record<string, string>>, file?: string): Promise<void>;
  remove(): Promise<void>;
}

/** `services`: a panel, or addresses alone where a test needs no more. */
export async function createProject(services: {
  readonly url: string;
  readonly hub: { readonly url: string };
}): Promise<Project> {
  const cwd = await mkdtemp(join(tmpdir(), 'panelsync-project-'));
  // As root the embedded Postgres runs as somebody else, who must get through to its data.
  if (process.getuid?.() === 0) await chmod(cwd, 0o711);
  const env = {
    DATABASE_URL: services.url,
    WAREHOUSE_URL: services.url,
    HUB_URL: services.hub.url,
    HUB_KEY: testApiKey,
  };
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), text);
  };
  await write('config/panelsync.yaml', projectConfig);
  await write('config/models/people.sql', peopleModel);
  return {
    cwd,
    env,
    withEnv: (changes) => ({ cwd, env: { ...env, ...changes } }),
    write,
    configure: (replacements, file = 'config/panelsync.yaml') => write(file, replaceParts(projectConfig, replacements)),
    remove: () => rm(cwd, { recursive: true, force: true }),
  };
}

function replaceParts(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((changed, [part, by]) => replaceInConfig(part, by, changed), text);
}
