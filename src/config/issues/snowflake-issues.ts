import { createPrivateKey } from 'node:crypto';
import type { ConfigIssue } from './issues.ts';
import type { SettingPath, SettingsTree } from '../settings-tree.ts';
import { issueAt, isPresent, keysAt, pathKey, valueAt } from '../settings-tree.ts';

const loginSettings = ['privateKeyPath', 'privateKey', 'password', 'token'] as const;

/** What cannot work about the login of Snowflake sources; `texts` holds the files that settings name. */
export function snowflakeIssues(tree: SettingsTree, texts: ReadonlyMap<string, string>): readonly ConfigIssue[] {
  return keysAt(tree, ['sources'])
    .map((source) => ['sources', source])
    .filter((path) => valueAt(tree, [...path, 'type']) === 'snowflake')
    .flatMap((path) => [
      ...loginIssues(tree, path),
      ...usernameIssues(tree, path),
      ...dependentSettingIssues(tree, path),
      ...privateKeyIssues(tree, path, texts),
    ]);
}

/** Empty counts as absent; a reference that had nothing to give has its own fault and counts as there. */
function hasValue(tree: SettingsTree, path: SettingPath): boolean {
  return isPresent(tree, path) && valueAt(tree, path) !== '';
}

function loginIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const configured = loginSettings.filter((name) => hasValue(tree, [...path, name]));
  const [first, second] = configured;
  if (first === undefined) {
    const hint = 'Add privateKeyPath (recommended), privateKey, password or token.';
    return [issueAt(tree, path, 'has no way to log in', hint)];
  }
  if (second === undefined) return [];
  const hint = 'Keep one: a key pair is the best of them.';
  return [issueAt(tree, [...path, second], `stands beside ${first}; one way to log in is wanted`, hint)];
}

function usernameIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  if (hasValue(tree, [...path, 'username'])) return [];
  if (hasValue(tree, [...path, 'token'])) return [];
  const hint = 'Add the user to whom the key or the password belongs; only a token says it by itself.';
  return [issueAt(tree, [...path, 'username'], 'is required', hint)];
}

function dependentSettingIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const isConfigured = (name: string): boolean => hasValue(tree, [...path, name]);
  const issues: ConfigIssue[] = [];
  if (isConfigured('privateKeyPassphrase') && !isConfigured('privateKey') && !isConfigured('privateKeyPath')) {
    const hint = 'Add privateKeyPath, the file with the key that it opens, or remove it.';
    issues.push(issueAt(tree, [...path, 'privateKeyPassphrase'], 'needs a private key beside it', hint));
  }
  if (isConfigured('tokenType') && !isConfigured('token')) {
    issues.push(issueAt(tree, [...path, 'tokenType'], 'needs token beside it', 'Add token, or remove tokenType.'));
  }
  return issues;
}

function privateKeyIssues(
  tree: SettingsTree,
  path: SettingPath,
  texts: ReadonlyMap<string, string>,
): readonly ConfigIssue[] {
  const passphrase = valueAt(tree, [...path, 'privateKeyPassphrase']);
  if (passphrase === undefined && isPresent(tree, [...path, 'privateKeyPassphrase'])) return [];
  const passphraseText = typeof passphrase === 'string' ? passphrase : '';
  return (['privateKeyPath', 'privateKey'] as const).flatMap((name) => {
    const setting = [...path, name];
    const value = name === 'privateKey' ? valueAt(tree, setting) : texts.get(pathKey(setting));
    if (typeof value !== 'string' || value === '') return [];
    const problem = privateKeyProblem(value, passphraseText);
    return problem === null ? [] : [issueAt(tree, setting, problem.message, problem.hint)];
  });
}

/** Why a private key cannot sign a login, without a word of the key. */
function privateKeyProblem(
  pem: string,
  passphrase: string,
): { readonly message: string; readonly hint: string } | null {
  try {
    const key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === '' ? {} : { passphrase }) });
    if (key.asymmetricKeyType === 'rsa') return null;
    return { message: 'is no RSA key', hint: 'Snowflake takes RSA keys of 2048 bits or more.' };
  } catch {
    if (pem.includes('ENCRYPTED') && passphrase === '') {
      return { message: 'is an encrypted key', hint: 'Add privateKeyPassphrase, which opens it.' };
    }
    if (pem.includes('ENCRYPTED')) {
      return {
        message: 'cannot be opened with privateKeyPassphrase',
        hint: 'Correct the passphrase, or name another key.',
      };
    }
    const hint = 'It begins with -----BEGIN PRIVATE KEY----- (or ENCRYPTED PRIVATE KEY) and keeps its line breaks.';
    return { message: 'is no private key in PEM form', hint };
  }
}
