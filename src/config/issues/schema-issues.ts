import type { z } from 'zod';
import { alertSchema } from '../schema/alert-schema.ts';
import type { ConfigFault } from './issues.ts';
import { showWord } from './issues.ts';
import { choicesAt, descriptionAt, expectationAt, knownKeys } from '../schema/json-schema.ts';
import { didYouMean } from '../../lib/nearest.ts';
import { configSchema } from '../schema/schema.ts';
import { sourceSchema } from '../schema/source-schema.ts';
import { syncSchema } from '../schema/sync-schema.ts';
import type { Path, SettingsTree } from '../settings-tree.ts';
import { faultAt, isMapping, isWritten, placeOf, valueAt } from '../settings-tree.ts';

/** What the schema finds wrong, value by value, in plain words. */
export function shapeFaults(tree: SettingsTree): readonly ConfigFault[] {
  const result = configSchema.safeParse(tree.root);
  return result.success ? [] : result.error.issues.flatMap((issue) => issueFaults(tree, issue, []));
}

function issueFaults(tree: SettingsTree, issue: z.core.$ZodIssue, base: Path): readonly ConfigFault[] {
  const path = [...base, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKeyFault(tree, path, key));
  const value = valueAt(tree, path);
  if (value === undefined) return isWritten(tree, path) ? [] : [missingFault(tree, path)];
  if (value === null) return [faultAt(tree, path, 'has no value', 'Give it a value, or remove the line.')];
  switch (issue.code) {
    case 'invalid_key':
      return nameFaults(tree, issue, path);
    case 'invalid_format':
      return [faultAt(tree, path, issue.message)];
    case 'custom':
      return [faultAt(tree, path, issue.message, hintOf(issue))];
    case 'invalid_union':
      return unionFaults(tree, issue, path);
    case 'invalid_value':
      return [choiceFault(tree, path, value)];
    case 'invalid_type':
      return [typeFault(tree, path)];
    case 'too_small':
    case 'too_big':
      return [faultAt(tree, path, hasOwnWords(issue.origin) ? issue.message : `must be ${expectationAt(path)}`)];
    case 'not_multiple_of':
    case 'invalid_element':
      break;
  }
  return [faultAt(tree, path, `must be ${expectationAt(path)}`)];
}

/** Numbers are told their whole range; the limits of texts and lists stand in their own messages. */
function hasOwnWords(origin: string): boolean {
  return origin === 'string' || origin === 'array';
}

// A record does not look at the value under a wrong name; all faults are told in one go all the same.
const namedSchemas: Readonly<Record<string, z.ZodType>> = {
  sources: sourceSchema,
  syncs: syncSchema,
  alerts: alertSchema,
};

function nameFaults(tree: SettingsTree, issue: z.core.$ZodIssueInvalidKey, path: Path): readonly ConfigFault[] {
  const [section = '', name = ''] = path.slice(-2);
  const faults = issue.issues.map(({ message }) => faultAt(tree, path, `\`${showWord(name)}\` ${message}`));
  const inside = path.length === 2 ? namedSchemas[section]?.safeParse(valueAt(tree, path)).error : undefined;
  return [...faults, ...(inside?.issues ?? []).flatMap((one) => issueFaults(tree, one, path))];
}

/** The faults of the alternative that was meant: the one whose kind of value it is. */
function unionFaults(tree: SettingsTree, issue: z.core.$ZodIssueInvalidUnion, path: Path): readonly ConfigFault[] {
  if (issue.errors.length === 0) return [choiceFault(tree, path, valueAt(tree, path))];
  const meant = issue.errors.find(
    (issues) => !issues.some((one) => one.code === 'invalid_type' && one.path.length === 0),
  );
  return meant === undefined ? [typeFault(tree, path)] : meant.flatMap((one) => issueFaults(tree, one, path));
}

function unknownKeyFault(tree: SettingsTree, path: Path, key: string): ConfigFault {
  const known = knownKeys(path, valueAt(tree, path));
  const mapping = path[0] === 'syncs' && path[2] === 'mapping' && path.length === 3;
  const message = `unknown ${mapping ? 'participant field' : 'key'} \`${showWord(key)}\`${didYouMean(key, known)}`;
  const custom = mapping ? ' Custom fields go under characteristics.' : '';
  return faultAt(tree, [...path, key], message, `Known here: ${known.join(', ')}.${custom}`);
}

function missingFault(tree: SettingsTree, path: Path): ConfigFault {
  const description = descriptionAt(path) ?? 'Nothing works without it';
  const choices = choicesAt(path);
  const known = choices.length === 0 ? '' : ` Known: ${choices.join(', ')}.`;
  return faultAt(tree, path, 'is required', `${description}.${known}`);
}

function choiceFault(tree: SettingsTree, path: Path, value: unknown): ConfigFault {
  const choices = choicesAt(path);
  if (typeof value !== 'string') return typeFault(tree, path);
  const key = path.at(-1) ?? 'value';
  const what = /^\d+$/.test(key) ? 'word' : key;
  const known = `Known: ${choices.join(', ')}.`;
  if (placeOf(tree, path)?.origin !== 'file') return faultAt(tree, path, `unknown ${what} from the environment`, known);
  return faultAt(tree, path, `unknown ${what} \`${showWord(value)}\`${didYouMean(value, choices)}`, known);
}

function typeFault(tree: SettingsTree, path: Path): ConfigFault {
  const value = valueAt(tree, path);
  const choices = choicesAt(path);
  const wanted = choices.length === 0 ? expectationAt(path) : `one of ${choices.join(', ')}`;
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  const hint = scalar && wanted.startsWith('text') ? 'Put it in quotes.' : null;
  return faultAt(tree, path, `must be ${wanted}, but is ${kindOf(value)}`, hint);
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
  if (typeof value === 'boolean') return 'true or false';
  if (Array.isArray(value)) return 'a list';
  return isMapping(value) ? 'a mapping' : 'text';
}

function hintOf(issue: z.core.$ZodIssueCustom): string | null {
  const hint: unknown = issue.params?.['hint'];
  return typeof hint === 'string' ? hint : null;
}
