import path from 'node:path';
import type { ConfigFault } from './issues/issues.ts';
import type { Path, SettingsTree } from './settings-tree.ts';
import { faultAt, keysAt, placeKey, placeOf, valueAt } from './settings-tree.ts';
import type { TextFile } from './text-file.ts';

export interface NamedFiles {
  /** By `placeKey` of the setting that names the file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly faults: readonly ConfigFault[];
}

interface NamedFile {
  readonly setting: Path;
  readonly name: string;
  readonly kind: 'model' | 'pem';
}

/** Reads the files that settings name, from the folder of the configuration file. */
export async function readNamedFiles(
  tree: SettingsTree,
  folder: string,
  read: (file: string) => Promise<TextFile>,
): Promise<NamedFiles> {
  const texts = new Map<string, string>();
  const faults: ConfigFault[] = [];
  for (const file of namedFiles(tree)) {
    const content = await read(path.resolve(folder, file.name));
    const problem = 'problem' in content ? content.problem : contentProblem(content.text, file.kind);
    if (problem !== null) faults.push(fileFault(tree, file, problem));
    else if ('text' in content) texts.set(placeKey(file.setting), content.text);
  }
  return { texts, faults };
}

function namedFiles(tree: SettingsTree): readonly NamedFile[] {
  const models = keysAt(tree, ['syncs']).map((sync) => ({ setting: ['syncs', sync, 'model'], kind: 'model' as const }));
  const pems = keysAt(tree, ['sources']).flatMap((source) =>
    ['ca', 'cert', 'key'].map((key) => ({ setting: ['sources', source, 'tls', key], kind: 'pem' as const })),
  );
  const keys = keysAt(tree, ['sources']).map((source) => ({
    setting: ['sources', source, 'privateKeyPath'],
    kind: 'pem' as const,
  }));
  return [...models, ...pems, ...keys].flatMap(({ setting, kind }) => {
    const name = valueAt(tree, setting);
    return typeof name === 'string' && name !== '' ? [{ setting, kind, name }] : [];
  });
}

const notSql = /--[^\n]*|\/\*.*?\*\/|;/gs;

function contentProblem(text: string, kind: NamedFile['kind']): string | null {
  if (text.trim() === '') return 'is empty';
  if (kind === 'model' && text.replaceAll(notSql, '').trim() === '') return 'holds no SQL but comments';
  return kind === 'pem' && !text.includes('-----BEGIN ') ? 'holds no PEM text' : null;
}

function fileFault(tree: SettingsTree, { setting, name }: NamedFile, problem: string): ConfigFault {
  const written = placeOf(tree, setting)?.origin === 'file';
  const hint = 'Relative paths start at the folder of the configuration file.';
  return faultAt(tree, setting, `the file ${written ? `${name} ` : 'that it names '}${problem}`, hint);
}
