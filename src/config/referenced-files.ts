import path from 'node:path';
import type { ConfigIssue } from './issues/issues.ts';
import type { SettingPath, SettingsTree } from './settings-tree.ts';
import { issueAt, keysAt, pathKey, locationOf, valueAt } from './settings-tree.ts';
import type { TextFile } from './text-file.ts';

export interface ReferencedFiles {
  /** By `placeKey` of the setting that names the file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly issues: readonly ConfigIssue[];
}

interface FileReference {
  readonly setting: SettingPath;
  readonly name: string;
  readonly kind: 'model' | 'pem';
}

/** Reads the files that settings name, from the folder of the configuration file. */
export async function readReferencedFiles(
  tree: SettingsTree,
  directory: string,
  read: (file: string) => Promise<TextFile>,
): Promise<ReferencedFiles> {
  const texts = new Map<string, string>();
  const issues: ConfigIssue[] = [];
  for (const file of fileReferences(tree)) {
    const content = await read(path.resolve(directory, file.name));
    const problem = 'problem' in content ? content.problem : contentProblem(content.text, file.kind);
    if (problem !== null) issues.push(fileIssue(tree, file, problem));
    else if ('text' in content) texts.set(pathKey(file.setting), content.text);
  }
  return { texts, issues };
}

function fileReferences(tree: SettingsTree): readonly FileReference[] {
  const models = keysAt(tree, ['syncs']).map((sync) => ({ setting: ['syncs', sync, 'model'], kind: 'model' as const }));
  const pems = keysAt(tree, ['sources']).flatMap((source) =>
    ['ca', 'cert', 'key'].map((key) => ({ setting: ['sources', source, 'tls', key], kind: 'pem' as const })),
  );
  const keys = keysAt(tree, ['sources']).map((source) => ({
    setting: ['sources', source, 'privateKeyPath'],
    kind: 'pem' as const,
  }));
  return [...models, ...pems, ...keys].flatMap(({ setting, kind }) => {
    const fileName = valueAt(tree, setting);
    return typeof fileName === 'string' && fileName !== '' ? [{ setting, kind, name: fileName }] : [];
  });
}

const notSqlPattern = /--[^\n]*|\/\*.*?\*\/|;/gs;

function contentProblem(text: string, kind: FileReference['kind']): string | null {
  if (text.trim() === '') return 'is empty';
  if (kind === 'model' && text.replaceAll(notSqlPattern, '').trim() === '') return 'holds no SQL but comments';
  return kind === 'pem' && !text.includes('-----BEGIN ') ? 'holds no PEM text' : null;
}

function fileIssue(tree: SettingsTree, { setting, name }: FileReference, problem: string): ConfigIssue {
  const isLiteral = locationOf(tree, setting)?.origin === 'file';
  const hint = 'Relative paths start at the folder of the configuration file.';
  return issueAt(tree, setting, `the file ${isLiteral ? `${name} ` : 'that it names '}${problem}`, hint);
}
