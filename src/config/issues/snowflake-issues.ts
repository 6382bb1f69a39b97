import { createPrivateKey } from 'node:crypto';
import type { ConfigFault } from './issues.ts';
import type { Path, SettingsTree } from '../settings-tree.ts';
import { faultAt, isWritten, keysAt, placeKey, valueAt } from '../settings-tree.ts';

const logins = ['privateKeyPath', 'privateKey', 'password', 'token'] as const;

/** What cannot work about the login of Snowflake sources; `texts` holds the files that settings name. */
export function snowflakeFaults(tree: SettingsTree, texts: ReadonlyMap<string, string>): readonly ConfigFault[] {
  return keysAt(tree, ['sources'])
    .map((source) => ['sources', source])
    .filter((path) => valueAt(tree, [...path, 'type']) === 'snowflake')
    .flatMap((path) => [
      ...loginFaults(tree, path),
      ...usernameFaults(tree, path),
      ...companionFaults(tree, path),
      ...keyFaults(tree, path, texts),
    ]);
}

/** Empty counts as absent; a reference that had nothing to give has its own fault and counts as there. */
function isGiven(tree: SettingsTree, path: Path): boolean {
  return isWritten(tree, path) && valueAt(tree, path) !== '';
}

function loginFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const given = logins.filter((name) => isGiven(tree, [...path, name]));
  const [first, second] = given;
  if (first === undefined) {
    const hint = 'Add privateKeyPath (recommended), privateKey, password or token.';
    return [faultAt(tree, path, 'has no way to log in', hint)];
  }
  if (second === undefined) return [];
  const hint = 'Keep one: a key pair is the best of them.';
  return [faultAt(tree, [...path, second], `stands beside ${first}; one way to log in is wanted`, hint)];
}

function usernameFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  if (isGiven(tree, [...path, 'username'])) return [];
  if (isGiven(tree, [...path, 'token'])) return [];
  const hint = 'Add the user to whom the key or the password belongs; only a token says it by itself.';
  return [faultAt(tree, [...path, 'username'], 'is required', hint)];
}

function companionFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const has = (name: string): boolean => isGiven(tree, [...path, name]);
  const faults: ConfigFault[] = [];
  if (has('privateKeyPassphrase') && !has('privateKey') && !has('privateKeyPath')) {
    const hint = 'Add privateKeyPath, the file with the key that it opens, or remove it.';
    faults.push(faultAt(tree, [...path, 'privateKeyPassphrase'], 'needs a private key beside it', hint));
  }
  if (has('tokenType') && !has('token')) {
    faults.push(faultAt(tree, [...path, 'tokenType'], 'needs token beside it', 'Add token, or remove tokenType.'));
  }
  return faults;
}

function keyFaults(tree: SettingsTree, path: Path, texts: ReadonlyMap<string, string>): readonly ConfigFault[] {
  const passphrase = valueAt(tree, [...path, 'privateKeyPassphrase']);
  if (passphrase === undefined && isWritten(tree, [...path, 'privateKeyPassphrase'])) return [];
  const opened = typeof passphrase === 'string' ? passphrase : '';
  return (['privateKeyPath', 'privateKey'] as const).flatMap((name) => {
    const setting = [...path, name];
    const value = name === 'privateKey' ? valueAt(tree, setting) : texts.get(placeKey(setting));
    if (typeof value !== 'string' || value === '') return [];
    const fault = keyFault(value, opened);
    return fault === null ? [] : [faultAt(tree, setting, fault.message, fault.hint)];
  });
}

/** Why a private key cannot sign a login, without a word of the key. */
function keyFault(pem: string, passphrase: string): { readonly message: string; readonly hint: string } | null {
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
