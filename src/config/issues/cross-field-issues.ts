import { hashKeyHint } from '../../core/model/payload-codec.ts';
import type { ConfigIssue } from './issues.ts';
import { safeWord } from './issues.ts';
import { isLoopbackHost } from '../../lib/loopback.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { SettingPath, SettingsTree } from '../settings-tree.ts';
import { issueAt, isMapping, isPresent, keysAt, locationOf, valueAt } from '../settings-tree.ts';

/**
 * What is wrong between values that may each be right. It reads the tree and not the parsed settings, so that these
 * faults are told in one go with those of single values.
 */
export function crossFieldIssues(tree: SettingsTree): readonly ConfigIssue[] {
  return [
    ...stateIssues(tree),
    ...destinationIssues(tree),
    ...serverIssues(tree),
    ...keysAt(tree, ['sources']).flatMap((source) => tlsIssues(tree, ['sources', source])),
    ...keysAt(tree, ['syncs']).flatMap((sync) => syncIssues(tree, ['syncs', sync])),
    ...keysAt(tree, ['alerts']).flatMap((alert) => alertIssues(tree, ['alerts', alert])),
  ];
}

function stateIssues(tree: SettingsTree): readonly ConfigIssue[] {
  if (valueAt(tree, ['state', 'payload']) !== 'hashed') return [];
  const key = ['state', 'hashKey'];
  if (isPresent(tree, key) && valueAt(tree, key) !== '') return [];
  return [issueAt(tree, ['state', 'payload'], 'hashed needs state.hashKey', hashKeyHint)];
}

function destinationIssues(tree: SettingsTree): readonly ConfigIssue[] {
  const path = ['destination', 'environment'];
  if (valueAt(tree, path) !== 'sandbox' || isPresent(tree, ['destination', 'baseUrl'])) return [];
  const hint = 'Set destination.baseUrl to the address that User Interviews gave you.';
  return [issueAt(tree, path, "the sandbox's host is not public, so it cannot be guessed", hint)];
}

function serverIssues(tree: SettingsTree): readonly ConfigIssue[] {
  const host = valueAt(tree, ['server', 'host']);
  if (typeof host !== 'string' || host === '' || isLoopbackHost(host)) return [];
  const token = ['server', 'token'];
  if (isPresent(tree, token) && valueAt(tree, token) !== '') return [];
  const hint = 'Set server.token, or listen on 127.0.0.1.';
  return [issueAt(tree, ['server', 'host'], 'other addresses than loopback need server.token', hint)];
}

function alertIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const hasUrl = !isMapping(valueAt(tree, path)) || locationOf(tree, [...path, 'url']) !== null;
  const hint = 'The address that messages are posted to; ${NAME:-} switches the webhook off where NAME is not set.';
  const missing = hasUrl ? [] : [issueAt(tree, [...path, 'url'], 'is required', hint)];
  const syncNames = valueAt(tree, [...path, 'syncs']);
  const known = keysAt(tree, ['syncs']);
  const unknown = (Array.isArray(syncNames) ? syncNames : []).flatMap((name: unknown, index) => {
    const isUnknown = typeof name === 'string' && name !== '' && !known.includes(name);
    return isUnknown ? [unknownNameIssue(tree, [...path, 'syncs', String(index)], { kind: 'sync', name, known })] : [];
  });
  return [...missing, ...unknown];
}

interface UnknownName {
  readonly kind: 'source' | 'sync';
  readonly name: string;
  readonly known: readonly string[];
}

function unknownNameIssue(tree: SettingsTree, path: SettingPath, { kind, name, known }: UnknownName): ConfigIssue {
  const hint = known.length === 0 ? null : `Known: ${known.map(safeWord).join(', ')}.`;
  if (locationOf(tree, path)?.origin !== 'file') return issueAt(tree, path, `names no ${kind}`, hint);
  return issueAt(tree, path, `no ${kind} is named \`${safeWord(name)}\`${didYouMean(name, known)}`, hint);
}

function tlsIssues(tree: SettingsTree, source: SettingPath): readonly ConfigIssue[] {
  const path = [...source, 'tls'];
  const url = valueAt(tree, [...source, 'url']);
  // The driver would follow the address, and tls would seem to be in force.
  if (isPresent(tree, path) && typeof url === 'string' && /[?&]ssl(?:mode|rootcert|cert|key)?=/.test(url)) {
    return [issueAt(tree, path, 'stands beside sslmode or its like in url, which says the same', 'Keep one of them.')];
  }
  const [cert, key] = [isPresent(tree, [...path, 'cert']), isPresent(tree, [...path, 'key'])];
  if (cert === key) return [];
  return [issueAt(tree, [...path, cert ? 'cert' : 'key'], `needs tls.${cert ? 'key' : 'cert'} beside it`)];
}

function syncIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  if (!isMapping(valueAt(tree, path))) return [];
  return [...sourceIssues(tree, path), ...modelIssues(tree, path), ...keyIssues(tree, path)];
}

function sourceIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const sourcePath = [...path, 'source'];
  const source = valueAt(tree, sourcePath);
  const sources = keysAt(tree, ['sources']);
  if (typeof source !== 'string' || source === '' || sources.includes(source)) return [];
  return [unknownNameIssue(tree, sourcePath, { kind: 'source', name: source, known: sources })];
}

function modelIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const [model, sql] = [isPresent(tree, [...path, 'model']), isPresent(tree, [...path, 'sql'])];
  if (model !== sql) return [];
  const message = model ? 'has both model and sql' : 'has neither model nor sql';
  return [issueAt(tree, path, message, 'Name a file with `model`, or write the query under `sql`: one of the two.')];
}

function keyIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const mapping = [...path, 'mapping'];
  if (isPresent(tree, [...path, 'key'])) return [...modeIssues(tree, path), ...emptyMappingIssues(tree, mapping)];
  if (!isMapping(valueAt(tree, mapping)) || isPresent(tree, [...mapping, 'email'])) return [];
  const hint = 'Name the column with the e-mail: the Hub finds people by it.';
  return [issueAt(tree, [...mapping, 'email'], 'is required', hint)];
}

function modeIssues(tree: SettingsTree, path: SettingPath): readonly ConfigIssue[] {
  const mode = [...path, 'mode'];
  if (valueAt(tree, mode) === 'insert' || locationOf(tree, mode)?.origin === 'unknown') return [];
  const hint = 'The Hub finds people by e-mail: remove key, or set mode: insert.';
  return [issueAt(tree, [...path, 'key'], 'is allowed in mode insert only', hint)];
}

function emptyMappingIssues(tree: SettingsTree, mapping: SettingPath): readonly ConfigIssue[] {
  const fields = keysAt(tree, mapping).filter((field) => field !== 'characteristics');
  const mappedCount = fields.length + keysAt(tree, [...mapping, 'characteristics']).length;
  if (!isMapping(valueAt(tree, mapping)) || mappedCount > 0) return [];
  return [issueAt(tree, mapping, 'maps no field, so there is nothing to send')];
}
