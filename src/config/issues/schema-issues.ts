import type { z } from 'zod';
import { alertSchema } from '../schema/alert-schema.ts';
import type { ConfigIssue } from './issues.ts';
import { safeWord } from './issues.ts';
import { allowedValuesAt, descriptionAt, expectationAt, knownKeys } from '../schema/json-schema.ts';
import { didYouMean } from '../../lib/nearest.ts';
import { configSchema } from '../schema/schema.ts';
import { sourceSchema } from '../schema/source-schema.ts';
import { syncSchema } from '../schema/sync-schema.ts';
import type { SettingPath, SettingsTree } from '../settings-tree.ts';
import { issueAt, isMapping, isPresent, locationOf, valueAt } from '../settings-tree.ts';

/** What the schema finds wrong, value by value, in plain words. */
export function schemaIssues(tree: SettingsTree): readonly ConfigIssue[] {
  const result = configSchema.safeParse(tree.root);
  return result.success ? [] : result.error.issues.flatMap((zodIssue) => toConfigIssues(tree, zodIssue, []));
}

function toConfigIssues(tree: SettingsTree, zodIssue: z.core.$ZodIssue, base: SettingPath): readonly ConfigIssue[] {
  const path = [...base, ...zodIssue.path.map(String)];
  if (zodIssue.code === 'unrecognized_keys') return zodIssue.keys.map((key) => unknownKeyIssue(tree, path, key));
  const value = valueAt(tree, path);
  if (value === undefined) return isPresent(tree, path) ? [] : [missingIssue(tree, path)];
  if (value === null) return [issueAt(tree, path, 'has no value', 'Give it a value, or remove the line.')];
  switch (zodIssue.code) {
    case 'invalid_key':
      return nameIssues(tree, zodIssue, path);
    case 'invalid_format':
      return [issueAt(tree, path, zodIssue.message)];
    case 'custom':
      return [issueAt(tree, path, zodIssue.message, customHint(zodIssue))];
    case 'invalid_union':
      return unionIssues(tree, zodIssue, path);
    case 'invalid_value':
      return [choiceIssue(tree, path, value)];
    case 'invalid_type':
      return [typeIssue(tree, path)];
    case 'too_small':
    case 'too_big':
      return [
        issueAt(tree, path, hasOwnMessage(zodIssue.origin) ? zodIssue.message : `must be ${expectationAt(path)}`),
      ];
    case 'not_multiple_of':
    case 'invalid_element':
      break;
  }
  return [issueAt(tree, path, `must be ${expectationAt(path)}`)];
}

/** Numbers are told their whole range; the limits of texts and lists stand in their own messages. */
function hasOwnMessage(origin: string): boolean {
  return origin === 'string' || origin === 'array';
}

// A record does not look at the value under a wrong name; all faults are told in one go all the same.
const schemaBySection: Readonly<Record<string, z.ZodType>> = {
  sources: sourceSchema,
  syncs: syncSchema,
  alerts: alertSchema,
};

function nameIssues(
  tree: SettingsTree,
  zodIssue: z.core.$ZodIssueInvalidKey,
  path: SettingPath,
): readonly ConfigIssue[] {
  const [section = '', name = ''] = path.slice(-2);
  const issues = zodIssue.issues.map(({ message }) => issueAt(tree, path, `\`${safeWord(name)}\` ${message}`));
  const nestedError = path.length === 2 ? schemaBySection[section]?.safeParse(valueAt(tree, path)).error : undefined;
  return [...issues, ...(nestedError?.issues ?? []).flatMap((nested) => toConfigIssues(tree, nested, path))];
}

/** The faults of the alternative that was meant: the one whose kind of value it is. */
function unionIssues(
  tree: SettingsTree,
  zodIssue: z.core.$ZodIssueInvalidUnion,
  path: SettingPath,
): readonly ConfigIssue[] {
  if (zodIssue.errors.length === 0) return [choiceIssue(tree, path, valueAt(tree, path))];
  const matching = zodIssue.errors.find(
    (zodIssues) => !zodIssues.some((nested) => nested.code === 'invalid_type' && nested.path.length === 0),
  );
  return matching === undefined
    ? [typeIssue(tree, path)]
    : matching.flatMap((nested) => toConfigIssues(tree, nested, path));
}

function unknownKeyIssue(tree: SettingsTree, path: SettingPath, key: string): ConfigIssue {
  const known = knownKeys(path, valueAt(tree, path));
  const isMappingSection = path[0] === 'syncs' && path[2] === 'mapping' && path.length === 3;
  const message = `unknown ${isMappingSection ? 'participant field' : 'key'} \`${safeWord(key)}\`${didYouMean(key, known)}`;
  const customFieldHint = isMappingSection ? ' Custom fields go under characteristics.' : '';
  return issueAt(tree, [...path, key], message, `Known here: ${known.join(', ')}.${customFieldHint}`);
}

function missingIssue(tree: SettingsTree, path: SettingPath): ConfigIssue {
  const description = descriptionAt(path) ?? 'Nothing works without it';
  const allowedValues = allowedValuesAt(path);
  const allowedText = allowedValues.length === 0 ? '' : ` Known: ${allowedValues.join(', ')}.`;
  return issueAt(tree, path, 'is required', `${description}.${allowedText}`);
}

function choiceIssue(tree: SettingsTree, path: SettingPath, value: unknown): ConfigIssue {
  const allowedValues = allowedValuesAt(path);
  if (typeof value !== 'string') return typeIssue(tree, path);
  const key = path.at(-1) ?? 'value';
  const label = /^\d+$/.test(key) ? 'word' : key;
  const allowedText = `Known: ${allowedValues.join(', ')}.`;
  if (locationOf(tree, path)?.origin !== 'file')
    return issueAt(tree, path, `unknown ${label} from the environment`, allowedText);
  return issueAt(tree, path, `unknown ${label} \`${safeWord(value)}\`${didYouMean(value, allowedValues)}`, allowedText);
}

function typeIssue(tree: SettingsTree, path: SettingPath): ConfigIssue {
  const value = valueAt(tree, path);
  const allowedValues = allowedValuesAt(path);
  const expected = allowedValues.length === 0 ? expectationAt(path) : `one of ${allowedValues.join(', ')}`;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const hint = isScalar && expected.startsWith('text') ? 'Put it in quotes.' : null;
  return issueAt(tree, path, `must be ${expected}, but is ${describeValue(value)}`, hint);
}

function describeValue(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
  if (typeof value === 'boolean') return 'true or false';
  if (Array.isArray(value)) return 'a list';
  return isMapping(value) ? 'a mapping' : 'text';
}

function customHint(zodIssue: z.core.$ZodIssueCustom): string | null {
  const hint: unknown = zodIssue.params?.['hint'];
  return typeof hint === 'string' ? hint : null;
}
