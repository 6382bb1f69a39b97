/** From the text of a configuration to a frozen Config, or to all of its issues. Only load.ts reads the environment. */

import path from 'node:path';
import type { Config } from '../core/settings.ts';
import { buildConfig } from './build.ts';
import { readDbtModels } from './dbt/dbt-models.ts';
import { crossFieldIssues } from './issues/cross-field-issues.ts';
import type { ConfigIssue } from './issues/issues.ts';
import { postgresIssues } from './issues/postgres-issues.ts';
import { validate } from './issues/schema-issues.ts';
import { snowflakeIssues } from './issues/snowflake-issues.ts';
import { readReferencedFiles } from './referenced-files.ts';
import { Setting } from './setting.ts';
import type { ReadFile } from './text-file.ts';
import type { VariableLayer } from './variables/variables.ts';
import { resolveReferences } from './variables/variables.ts';
import { referencesIn } from './yaml/substitution.ts';
import { readYaml } from './yaml/yaml.ts';

export interface ConfigInput {
  /** The YAML. */
  readonly text: string;
  /** Absolute path of the file it came from; the paths in it start at that file's folder. */
  readonly file: string;
  /** Variables that it may refer to; the first layer that has one decides. */
  readonly layers: readonly VariableLayer[];
  readonly readFile: ReadFile;
}

export type ParseResult =
  | { readonly config: Config; readonly issues: null }
  | { readonly config: null; readonly issues: readonly ConfigIssue[] };

/** The frozen configuration, or all that is wrong with it in the order of the file. */
export async function parseConfig({ text, file, layers, readFile }: ConfigInput): Promise<ParseResult> {
  const directory = path.dirname(file);
  const references = await resolveReferences(referencesIn(text), { layers, directory, readFile });
  const yaml = readYaml(text, references);
  if (yaml.tree === null) return { config: null, issues: yaml.issues };
  const schema = validate(yaml.tree);
  const root = new Setting(yaml.tree);
  const files = await readReferencedFiles(root, directory, readFile);
  const dbt = await readDbtModels(root, directory, readFile);
  const issues = [
    ...yaml.issues,
    ...schema.issues,
    ...crossFieldIssues(root),
    ...postgresIssues(root.at('sources')),
    ...snowflakeIssues(root.at('sources'), files.texts),
    ...files.issues,
    ...dbt.issues,
  ];
  if (schema.validated === null || issues.length > 0) {
    return { config: null, issues: issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
  }
  return { config: buildConfig(schema.validated, file, { texts: files.texts, dbtModels: dbt.models }), issues: null };
}
