import type { Config } from '../../src/core/settings.ts';
import type { ConfigFault } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Environment } from '../../src/config/substitution.ts';

/** A small configuration that is right, for tests to spoil. */
export const smallConfig = `state:
  url: \${DATABASE_URL:-}
destination:
  apiKey: \${API_KEY}
sources:
  warehouse:
    type: postgres
    url: \${WAREHOUSE_URL}
syncs:
  people:
    source: warehouse
    model: models/people.sql
    mapping:
      email: email
      characteristics:
        plan: plan_tier
`;

export const smallEnvironment: Environment = { API_KEY: 'key-1', WAREHOUSE_URL: 'postgres://reader@localhost/shop' };

/** The files that the configuration may name, by their absolute path. */
export const smallFiles: Readonly<Record<string, string>> = {
  '/panel/models/people.sql': 'select email, plan_tier from people',
  '/panel/empty.sql': ' \n',
  '/panel/comments.sql': '-- select 1\n/* select\n2 */ ;\n',
  '/panel/ca.pem': '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n',
};

export async function parseText(text: string, env: Environment = smallEnvironment) {
  return parseConfig({
    text,
    file: '/panel/panelsync.yaml',
    env,
    read: (file) => {
      const found = smallFiles[file];
      return Promise.resolve(found === undefined ? { problem: 'does not exist', missing: true } : { text: found });
    },
  });
}

/** The configuration, where the test is not about faults. */
export async function parseRight(text: string, env: Environment = smallEnvironment): Promise<Config> {
  const { config, faults } = await parseText(text, env);
  if (config === null) throw new Error(`unexpected faults: ${JSON.stringify(faults, null, 1)}`);
  return config;
}

export async function faultsOf(text: string, env: Environment = smallEnvironment): Promise<readonly ConfigFault[]> {
  return (await parseText(text, env)).faults ?? [];
}

/** The small configuration with one part of its text replaced; a part that is not there is a slip of the test. */
export function spoil(part: string, by: string, text: string = smallConfig): string {
  if (!text.includes(part)) throw new Error(`the configuration holds no ${part}`);
  return text.replace(part, () => by);
}
