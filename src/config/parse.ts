import path from 'node:path';
import type { Config } from '../core/settings.ts';
import { buildConfig } from './build.ts';
import type { ConfigFault } from './issues/issues.ts';
import { schemaTypeAt } from './schema/json-schema.ts';
import { readNamedFiles } from './referenced-files.ts';
import { relationFaults } from './issues/cross-field-issues.ts';
import { configSchema } from './schema/schema.ts';
import { shapeFaults } from './issues/schema-issues.ts';
import { snowflakeFaults } from './issues/snowflake-issues.ts';
import type { Environment } from './yaml/substitution.ts';
import type { TextFile } from './text-file.ts';
import { readYaml } from './yaml/yaml.ts';

export interface ConfigText {
  /** The YAML. */
  readonly text: string;
  /** Absolute path of the file it came from; the paths in it start at that file's folder. */
  readonly file: string;
  readonly env: Environment;
  readonly read: (file: string) => Promise<TextFile>;
}

export type ParsedConfig =
  | { readonly config: Config; readonly faults: null }
  | { readonly config: null; readonly faults: readonly ConfigFault[] };

/** The frozen configuration, or all that is wrong with it in the order of the file. */
export async function parseConfig({ text, file, env, read }: ConfigText): Promise<ParsedConfig> {
  const yaml = readYaml(text, env, schemaTypeAt);
  if (yaml.tree === null) return { config: null, faults: yaml.faults };
  const files = await readNamedFiles(yaml.tree, path.dirname(file), read);
  const faults = [
    ...yaml.faults,
    ...shapeFaults(yaml.tree),
    ...relationFaults(yaml.tree),
    ...snowflakeFaults(yaml.tree, files.texts),
    ...files.faults,
  ];
  if (faults.length > 0) return { config: null, faults: faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
  return { config: buildConfig(configSchema.parse(yaml.tree.root), file, files.texts), faults: null };
}
