import { hashKeyHint } from '../../core/model/payload-codec.ts';
import { sourcesWithBuckets } from '../../core/ports/source.ts';
import { looksLikeField } from '../../core/model/terms.ts';
import type { ConfigIssue } from './issues.ts';
import { alertIssues } from './alert-issues.ts';
import { peopleIssues } from './people-issues.ts';
import { safeWord } from './issues.ts';
import { isLoopbackHost } from '../../lib/loopback.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import { namePattern, slugPattern } from '../schema/rules.ts';
import type { Setting } from '../setting.ts';
import { isMapping } from '../setting.ts';

type Issues = readonly ConfigIssue[];

/**
 * Issues between values that may each be valid. It reads the tree and not the parsed settings, so that these
 * issues are reported in one go with those of single values.
 */
export function crossFieldIssues(root: Setting): Issues {
  const [sources, syncs, alerts] = [root.at('sources'), root.at('syncs'), root.at('alerts')];
  return [
    ...[sources, syncs, alerts].flatMap(({ children }) => children.flatMap(nameIssues)),
    ...stateIssues(root.at('state')),
    ...destinationIssues(root.at('destination')),
    ...serverIssues(root.at('server')),
    ...syncs.children.flatMap((sync) => syncIssues(sync, sources)),
    ...flatSlugIssues(syncs, root.at('destination', 'wire', 'characteristics')),
    ...alerts.children.flatMap((alert) => [...alertIssues(alert), ...unknownSyncs(alert, namesIn(syncs))]),
  ];
}

function namesIn(section: Setting): readonly string[] {
  return section.children.map(({ name }) => name);
}

function nameIssues(named: Setting): Issues {
  if (namePattern.test(named.name)) return [];
  const rule = 'lower-case letters, digits, `_` and `-`, at most 63, a letter or digit first';
  return [named.issue(`\`${safeWord(named.name)}\` is no valid name: ${rule}`)];
}

function stateIssues(state: Setting): Issues {
  if (state.at('payload').value !== 'hashed' || state.at('hashKey').isFilled) return [];
  return [state.at('payload').issue('hashed needs state.hashKey', hashKeyHint)];
}

function destinationIssues(destination: Setting): Issues {
  const environment = destination.at('environment');
  if (environment.value !== 'sandbox' || destination.at('baseUrl').isPresent) return [];
  const hint = 'Set destination.baseUrl to the address that User Interviews gave you.';
  return [environment.issue("the sandbox's host is not public, so it cannot be guessed", hint)];
}

function serverIssues(server: Setting): Issues {
  const [host, token, readToken] = [server.at('host'), server.at('token'), server.at('readToken')];
  if (token.isFilled && token.text === readToken.text) {
    const hint = 'Choose another value: everyone who knows it could start and change everything.';
    return [readToken.issue('is the same as server.token', hint)];
  }
  if (host.text === '' || isLoopbackHost(host.text) || token.isFilled || readToken.isFilled) return [];
  return [host.issue('other addresses than loopback need server.token', 'Set server.token, or listen on 127.0.0.1.')];
}

function unknownSyncs(alert: Setting, syncNames: readonly string[]): Issues {
  return alert
    .at('syncs')
    .children.filter(({ text }) => text !== '' && !syncNames.includes(text))
    .map((name) => unknownNameIssue(name, 'sync', syncNames));
}

function unknownNameIssue(setting: Setting, kind: 'source' | 'sync', known: readonly string[]): ConfigIssue {
  const hint = known.length === 0 ? null : `Known: ${known.map(safeWord).join(', ')}.`;
  if (!setting.isShowable) return setting.issue(`names no ${kind}`, hint);
  return setting.issue(`no ${kind} is named \`${safeWord(setting.text)}\`${didYouMean(setting.text, known)}`, hint);
}

function syncIssues(sync: Setting, sources: Setting): Issues {
  if (!isMapping(sync.value)) return [];
  const source = sync.at('source');
  const sourceNames = namesIn(sources);
  const isUnknown = source.text !== '' && !sourceNames.includes(source.text);
  return [
    ...(isUnknown ? [unknownNameIssue(source, 'source', sourceNames)] : []),
    ...(isUnknown ? [] : diffIssues(sync, sources.at(source.text).at('type'))),
    ...modelIssues(sync),
    ...keyIssues(sync),
    ...peopleIssues(sync),
    ...sync.at('mapping', 'characteristics').children.flatMap(slugIssues),
  ];
}

/** Other sources cannot sum their rows. */
function diffIssues(sync: Setting, type: Setting): Issues {
  const known: readonly string[] = sourcesWithBuckets;
  if (sync.at('diff').value !== 'warehouse' || type.text === '' || known.includes(type.text)) return [];
  const hint = `Set diff: fingerprints, or use a source of a type that can: ${known.join(', ')}.`;
  return [sync.at('diff').issue('its source cannot compare in the warehouse', hint)];
}

function slugIssues(characteristic: Setting): Issues {
  return slugPattern.test(characteristic.name)
    ? []
    : [characteristic.issue('is no valid slug: it must not start or end with a space')];
}

/** Beside the fields, a slug with the name of a field would send one of the two in place of the other. */
function flatSlugIssues(syncs: Setting, form: Setting): Issues {
  if (form.value !== 'flat') return [];
  const hint =
    'Give the characteristic another slug in the Hub, or set destination.wire.characteristics to another form.';
  const parents = [['mapping'], ['removed', 'set'], ['removed', 'restore']];
  return syncs.children
    .flatMap((sync) => parents.flatMap((path) => sync.at(...path, 'characteristics').children))
    .filter(({ name }) => looksLikeField(name))
    .map((slug) => slug.issue('cannot be sent beside the fields: a built-in field has this name', hint));
}

function modelIssues(sync: Setting): Issues {
  const hasModel = sync.at('model').isPresent;
  if (hasModel !== sync.at('sql').isPresent) return [];
  const message = hasModel ? 'has both model and sql' : 'has neither model nor sql';
  return [sync.issue(message, 'Name a file with `model`, or write the query under `sql`: one of the two.')];
}

function keyIssues(sync: Setting): Issues {
  const mapping = sync.at('mapping');
  if (sync.at('key').isPresent) return [...modeIssues(sync), ...emptyMappingIssues(mapping)];
  if (!isMapping(mapping.value) || mapping.at('email').isPresent) return [];
  return [
    mapping.at('email').issue('is required', 'Name the column with the e-mail: the Hub identifies people by it.'),
  ];
}

function modeIssues(sync: Setting): Issues {
  const mode = sync.at('mode');
  if (mode.value === 'insert' || mode.isUnresolved) return [];
  const hint = 'Remove key, or set mode: insert; in other modes the Hub identifies people by e-mail.';
  return [sync.at('key').issue('is allowed in mode insert only', hint)];
}

function emptyMappingIssues(mapping: Setting): Issues {
  const fields = mapping.children.filter(({ name }) => name !== 'characteristics');
  const mappedCount = fields.length + mapping.at('characteristics').children.length;
  if (!isMapping(mapping.value) || mappedCount > 0) return [];
  return [mapping.issue('maps no field')];
}
