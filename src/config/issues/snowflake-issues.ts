import type { ConfigIssue } from './issues.ts';
import { privateKeyProblem } from '../private-key.ts';
import type { Setting } from '../setting.ts';
import { pathKey } from '../setting.ts';

type Issues = readonly ConfigIssue[];

const credentialSettings = ['privateKeyPath', 'privateKey', 'password', 'token'];

/** What cannot work about the login of Snowflake sources; `texts` has the files that settings name. */
export function snowflakeIssues(sources: Setting, texts: ReadonlyMap<string, string>): Issues {
  return sources.children
    .filter((source) => source.at('type').value === 'snowflake')
    .flatMap((source) => [
      ...loginIssues(source),
      ...usernameIssues(source),
      ...dependentSettingIssues(source),
      ...privateKeyIssues(source, texts),
    ]);
}

function loginIssues(source: Setting): Issues {
  const [first, second] = credentialSettings.map((name) => source.at(name)).filter(({ isFilled }) => isFilled);
  if (first === undefined) {
    return [source.issue('has no credentials', 'Add privateKeyPath (recommended), privateKey, password or token.')];
  }
  if (second === undefined) return [];
  const hint = 'Keep one of them; a key pair is recommended.';
  return [second.issue(`cannot be combined with ${first.name}`, hint)];
}

function usernameIssues(source: Setting): Issues {
  if (source.at('username').isFilled || source.at('token').isFilled) return [];
  const hint = 'Add the user that the key or the password belongs to; only a token works without it.';
  return [source.at('username').issue('is required', hint)];
}

function dependentSettingIssues(source: Setting): Issues {
  const [passphrase, tokenType] = [source.at('privateKeyPassphrase'), source.at('tokenType')];
  const hasKey = source.at('privateKey').isFilled || source.at('privateKeyPath').isFilled;
  const keyHint = 'Add privateKeyPath, the file with the key that it opens, or remove it.';
  return [
    ...(passphrase.isFilled && !hasKey ? [passphrase.issue('needs a private key beside it', keyHint)] : []),
    ...(tokenType.isFilled && !source.at('token').isFilled
      ? [tokenType.issue('needs token beside it', 'Add token, or remove tokenType.')]
      : []),
  ];
}

function privateKeyIssues(source: Setting, texts: ReadonlyMap<string, string>): Issues {
  const passphrase = source.at('privateKeyPassphrase');
  if (passphrase.isUnresolved) return [];
  const [file, inline] = [source.at('privateKeyPath'), source.at('privateKey')];
  const keys = [
    { setting: file, text: texts.get(pathKey(file.path)) ?? '' },
    { setting: inline, text: inline.text },
  ];
  return keys.flatMap(({ setting, text }) => {
    const problem = text === '' ? null : privateKeyProblem(text, passphrase.text);
    return problem === null ? [] : [setting.issue(problem.message, problem.hint)];
  });
}
