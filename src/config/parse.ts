import path from 'node:path';
import type { Config } from '../core/settings.ts';
import { buildConfig } from './build.ts';
import type { ConfigIssue } from './issues/issues.ts';
import { jsonTypeAt } from './schema/json-schema.ts';
import { readReferencedFiles } from './referenced-files.ts';
import { crossFieldIssues } from './issues/cross-field-issues.ts';
import { configSchema } from './schema/schema.ts';
import { schemaIssues } from './issues/schema-issues.ts';
import { snowflakeIssues } from './issues/snowflake-issues.ts';
import type { Environment } from './yaml/substitution.ts';
import type { TextFile } from './text-file.ts';
import { readYaml } from './yaml/yaml.ts';

export interface ConfigInput {
  /** The YAML. */
  readonly text: string;
  /** Absolute path of the file it came from; the paths in it start at that file's folder. */
  readonly file: string;
  readonly env: Environment;
  readonly readFile: (file: string) => Promise<TextFile>;
}

export type ParseResult =
  | { readonly config: Config; readonly issues: null }
  | { readonly config: null; readonly issues: readonly ConfigIssue[] };

/** The frozen configuration, or all that is wrong with it in the order of the file. */
export async function parseConfig({ text, file, env, readFile }: ConfigInput): Promise<ParseResult> {
  const yamlResult = readYaml(text, env, jsonTypeAt);
  if (yamlResult.tree === null) return { config: null, issues: yamlResult.issues };
  const files = await readReferencedFiles(yamlResult.tree, path.dirname(file), readFile);
  const issues = [
    ...yamlResult.issues,
    ...schemaIssues(yamlResult.tree),
    ...crossFieldIssues(yamlResult.tree),
    ...snowflakeIssues(yamlResult.tree, files.texts),
    ...files.issues,
  ];
  if (issues.length > 0) return { config: null, issues: issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
  return { config: buildConfig(configSchema.parse(yamlResult.tree.root), file, files.texts), issues: null };
}
