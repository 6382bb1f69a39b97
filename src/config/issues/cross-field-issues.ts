import { hashKeyHint } from '../../core/model/payload-codec.ts';
import type { ConfigFault } from './issues.ts';
import { showWord } from './issues.ts';
import { isLoopbackHost } from '../../lib/loopback.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { Path, SettingsTree } from '../settings-tree.ts';
import { faultAt, isMapping, isWritten, keysAt, placeOf, valueAt } from '../settings-tree.ts';

/**
 * What is wrong between values that may each be right. It reads the tree and not the parsed settings, so that these
 * faults are told in one go with those of single values.
 */
export function relationFaults(tree: SettingsTree): readonly ConfigFault[] {
  return [
    ...stateFaults(tree),
    ...destinationFaults(tree),
    ...serverFaults(tree),
    ...keysAt(tree, ['sources']).flatMap((source) => tlsFaults(tree, ['sources', source])),
    ...keysAt(tree, ['syncs']).flatMap((sync) => syncFaults(tree, ['syncs', sync])),
    ...keysAt(tree, ['alerts']).flatMap((alert) => alertFaults(tree, ['alerts', alert])),
  ];
}

function stateFaults(tree: SettingsTree): readonly ConfigFault[] {
  if (valueAt(tree, ['state', 'payload']) !== 'hashed') return [];
  const key = ['state', 'hashKey'];
  if (isWritten(tree, key) && valueAt(tree, key) !== '') return [];
  return [faultAt(tree, ['state', 'payload'], 'hashed needs state.hashKey', hashKeyHint)];
}

function destinationFaults(tree: SettingsTree): readonly ConfigFault[] {
  const path = ['destination', 'environment'];
  if (valueAt(tree, path) !== 'sandbox' || isWritten(tree, ['destination', 'baseUrl'])) return [];
  const hint = 'Set destination.baseUrl to the address that User Interviews gave you.';
  return [faultAt(tree, path, "the sandbox's host is not public, so it cannot be guessed", hint)];
}

function serverFaults(tree: SettingsTree): readonly ConfigFault[] {
  const host = valueAt(tree, ['server', 'host']);
  if (typeof host !== 'string' || host === '' || isLoopbackHost(host)) return [];
  const token = ['server', 'token'];
  if (isWritten(tree, token) && valueAt(tree, token) !== '') return [];
  const hint = 'Set server.token, or listen on 127.0.0.1.';
  return [faultAt(tree, ['server', 'host'], 'other addresses than loopback need server.token', hint)];
}

function alertFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const isThere = !isMapping(valueAt(tree, path)) || placeOf(tree, [...path, 'url']) !== null;
  const hint = 'The address that messages are posted to; ${NAME:-} switches the webhook off where NAME is not set.';
  const missing = isThere ? [] : [faultAt(tree, [...path, 'url'], 'is required', hint)];
  const watched = valueAt(tree, [...path, 'syncs']);
  const known = keysAt(tree, ['syncs']);
  const unknown = (Array.isArray(watched) ? watched : []).flatMap((name: unknown, at) => {
    const wrong = typeof name === 'string' && name !== '' && !known.includes(name);
    return wrong ? [unknownName(tree, [...path, 'syncs', String(at)], { kind: 'sync', name, known })] : [];
  });
  return [...missing, ...unknown];
}

interface UnknownName {
  readonly kind: 'source' | 'sync';
  readonly name: string;
  readonly known: readonly string[];
}

function unknownName(tree: SettingsTree, path: Path, { kind, name, known }: UnknownName): ConfigFault {
  const hint = known.length === 0 ? null : `Known: ${known.map(showWord).join(', ')}.`;
  if (placeOf(tree, path)?.origin !== 'file') return faultAt(tree, path, `names no ${kind}`, hint);
  return faultAt(tree, path, `no ${kind} is named \`${showWord(name)}\`${didYouMean(name, known)}`, hint);
}

function tlsFaults(tree: SettingsTree, source: Path): readonly ConfigFault[] {
  const path = [...source, 'tls'];
  const url = valueAt(tree, [...source, 'url']);
  // The driver would follow the address, and tls would seem to be in force.
  if (isWritten(tree, path) && typeof url === 'string' && /[?&]ssl(?:mode|rootcert|cert|key)?=/.test(url)) {
    return [faultAt(tree, path, 'stands beside sslmode or its like in url, which says the same', 'Keep one of them.')];
  }
  const [cert, key] = [isWritten(tree, [...path, 'cert']), isWritten(tree, [...path, 'key'])];
  if (cert === key) return [];
  return [faultAt(tree, [...path, cert ? 'cert' : 'key'], `needs tls.${cert ? 'key' : 'cert'} beside it`)];
}

function syncFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  if (!isMapping(valueAt(tree, path))) return [];
  return [...sourceFaults(tree, path), ...modelFaults(tree, path), ...keyFaults(tree, path)];
}

function sourceFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const sourcePath = [...path, 'source'];
  const source = valueAt(tree, sourcePath);
  const sources = keysAt(tree, ['sources']);
  if (typeof source !== 'string' || source === '' || sources.includes(source)) return [];
  return [unknownName(tree, sourcePath, { kind: 'source', name: source, known: sources })];
}

function modelFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const [model, sql] = [isWritten(tree, [...path, 'model']), isWritten(tree, [...path, 'sql'])];
  if (model !== sql) return [];
  const message = model ? 'has both model and sql' : 'has neither model nor sql';
  return [faultAt(tree, path, message, 'Name a file with `model`, or write the query under `sql`: one of the two.')];
}

function keyFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const mapping = [...path, 'mapping'];
  if (isWritten(tree, [...path, 'key'])) return [...modeFaults(tree, path), ...emptyMappingFaults(tree, mapping)];
  if (!isMapping(valueAt(tree, mapping)) || isWritten(tree, [...mapping, 'email'])) return [];
  const hint = 'Name the column with the e-mail: the Hub finds people by it.';
  return [faultAt(tree, [...mapping, 'email'], 'is required', hint)];
}

function modeFaults(tree: SettingsTree, path: Path): readonly ConfigFault[] {
  const mode = [...path, 'mode'];
  if (valueAt(tree, mode) === 'insert' || placeOf(tree, mode)?.origin === 'unknown') return [];
  const hint = 'The Hub finds people by e-mail: remove key, or set mode: insert.';
  return [faultAt(tree, [...path, 'key'], 'is allowed in mode insert only', hint)];
}

function emptyMappingFaults(tree: SettingsTree, mapping: Path): readonly ConfigFault[] {
  const fields = keysAt(tree, mapping).filter((field) => field !== 'characteristics');
  const mapped = fields.length + keysAt(tree, [...mapping, 'characteristics']).length;
  if (!isMapping(valueAt(tree, mapping)) || mapped > 0) return [];
  return [faultAt(tree, mapping, 'maps no field, so there is nothing to send')];
}
