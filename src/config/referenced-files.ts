import path from 'node:path';
import type { ConfigIssue } from './issues/issues.ts';
import { normalizePrivateKey } from './private-key.ts';
import type { Setting } from './setting.ts';
import { pathKey } from './setting.ts';
import type { ReadFile } from './text-file.ts';

export interface ReferencedFiles {
  /** By `pathKey` of the setting that names the file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly issues: readonly ConfigIssue[];
}

type FileKind = 'model' | 'certificate' | 'privateKey';

interface FileReference {
  readonly setting: Setting;
  readonly kind: FileKind;
}

/** Reads the files that settings name, from the folder of the configuration file. */
export async function readReferencedFiles(root: Setting, directory: string, read: ReadFile): Promise<ReferencedFiles> {
  const texts = new Map<string, string>();
  const issues: ConfigIssue[] = [];
  for (const { setting, kind } of fileReferences(root)) {
    const content = await read(path.resolve(directory, setting.text));
    const text = 'problem' in content ? '' : kind === 'privateKey' ? normalizePrivateKey(content.text) : content.text;
    const problem = 'problem' in content ? content.problem : contentProblem(text, kind);
    if (problem === null) texts.set(pathKey(setting.path), text);
    else issues.push(fileIssue(setting, problem));
  }
  return { texts, issues };
}

function fileReferences(root: Setting): readonly FileReference[] {
  const models = root.at('syncs').children.map((sync): FileReference => ({
    setting: sync.at('model'),
    kind: 'model',
  }));
  const pems = root.at('sources').children.flatMap((source): readonly FileReference[] => [
    { setting: source.at('tls', 'ca'), kind: 'certificate' },
    { setting: source.at('tls', 'cert'), kind: 'certificate' },
    { setting: source.at('tls', 'key'), kind: 'privateKey' },
    { setting: source.at('privateKeyPath'), kind: 'privateKey' },
  ]);
  const hubCa: FileReference = { setting: root.at('destination', 'tls', 'ca'), kind: 'certificate' };
  return [hubCa, ...models, ...pems].filter(({ setting }) => setting.text !== '');
}

const notSqlPattern = /--[^\n]*|\/\*.*?\*\/|;/gs;

function contentProblem(text: string, kind: FileKind): string | null {
  if (text.trim() === '') return 'is empty';
  if (kind !== 'model') return text.includes('-----BEGIN ') ? null : 'contains no PEM text';
  return text.replaceAll(notSqlPattern, '').trim() === '' ? 'contains no SQL but comments' : null;
}

function fileIssue(setting: Setting, problem: string): ConfigIssue {
  const label = setting.isShowable ? `the file ${setting.text}` : 'the file that it names';
  const hint = 'Correct the path; relative paths start at the folder of the configuration file.';
  return setting.issue(`${label} ${problem}`, hint);
}
