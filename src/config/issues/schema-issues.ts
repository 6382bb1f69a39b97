import { z } from 'zod';
import type { ConfigIssue } from './issues.ts';
import { safeWord } from './issues.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import type { ValidatedConfig } from '../schema/schema.ts';
import { configSchema } from '../schema/schema.ts';
import type { SettingsTree } from '../setting.ts';
import { Setting, isMapping } from '../setting.ts';
import { coerce } from '../yaml/substitution.ts';

export type SchemaResult =
  | { readonly validated: ValidatedConfig; readonly issues: readonly [] }
  | { readonly validated: null; readonly issues: readonly ConfigIssue[] };

type ZodIssue = z.core.$ZodIssue;

/**
 * What the schema finds wrong, value by value. A reference may stand for a number or for true and false: where the
 * schema asks for one, the text of the environment becomes it, in the tree.
 */
export function validate(tree: SettingsTree): SchemaResult {
  const first = configSchema.safeParse(tree.root, { error: defaultMessage });
  if (first.success) return { validated: first.data, issues: [] };
  const root = new Setting(tree);
  const wasCoerced = first.error.issues.map((zodIssue) => coerceReference(tree, zodIssue)).includes(true);
  const result = wasCoerced ? configSchema.safeParse(tree.root, { error: defaultMessage }) : first;
  if (result.success) return { validated: result.data, issues: [] };
  return { validated: null, issues: result.error.issues.flatMap((zodIssue) => toConfigIssues(root, zodIssue)) };
}

function coerceReference(tree: SettingsTree, zodIssue: ZodIssue): boolean {
  const setting = new Setting(tree, zodIssue.path.map(String));
  const parent = setting.parent?.value;
  if (zodIssue.code !== 'invalid_type' || setting.location?.origin !== 'environment') return false;
  const value = coerce(setting.text, zodIssue.expected);
  if (typeof value === 'string' || typeof parent !== 'object' || parent === null) return false;
  return Reflect.set(parent, setting.name, value);
}

/** What is expected, in words that end the sentence "must be ...". */
const typeTexts: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
  array: 'a list',
  boolean: 'true or false',
};

/** For issues whose schema brings no message of its own. Of a value that is missing it is the description. */
function defaultMessage(zodIssue: z.core.$ZodRawIssue): string | undefined {
  if (zodIssue.input === undefined && zodIssue.inst instanceof z.ZodType) return zodIssue.inst.description;
  return zodIssue.code === 'invalid_type' ? `must be ${typeTexts[zodIssue.expected] ?? zodIssue.expected}` : undefined;
}

function toConfigIssues(base: Setting, zodIssue: ZodIssue): readonly ConfigIssue[] {
  const setting = base.at(...zodIssue.path.map(String));
  if (zodIssue.code === 'unrecognized_keys') {
    return zodIssue.keys.map((key) => unknownKeyIssue(setting, key, zodIssue.message.split(', ')));
  }
  const { value } = setting;
  if (value === undefined) return setting.isPresent ? [] : [missingIssue(setting, zodIssue)];
  if (value === null) return [setting.issue('has no value', 'Give it a value, or remove the line.')];
  switch (zodIssue.code) {
    case 'custom':
      return [setting.issue(zodIssue.message, customHint(zodIssue))];
    case 'invalid_union':
      return unionIssues(setting, zodIssue);
    case 'invalid_value':
      return [choiceIssue(setting, zodIssue.values.map(String))];
    case 'invalid_type':
      return [typeIssue(setting, zodIssue.message)];
    case 'invalid_format':
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return [setting.issue(zodIssue.message)];
  }
}

/** The issues of the alternative that was meant: the one whose kind of value it is. */
function unionIssues(setting: Setting, zodIssue: z.core.$ZodIssueInvalidUnion): readonly ConfigIssue[] {
  if (zodIssue.errors.length === 0) return [choiceIssue(setting, discriminatorValues(zodIssue))];
  const isText = typeof setting.value === 'string';
  const ownType = ({ code, path }: ZodIssue): boolean =>
    (code === 'invalid_type' || (code === 'invalid_value' && !isText)) && path.length === 0;
  const matching = zodIssue.errors.find((zodIssues) => !zodIssues.some(ownType));
  if (matching !== undefined) return matching.flatMap((nested) => toConfigIssues(setting, nested));
  const expected = zodIssue.errors.flatMap((zodIssues) => zodIssues.filter(ownType).map(({ message }) => message));
  return [typeIssue(setting, `must be ${expected.map((message) => message.replace(/^must be /, '')).join(' or ')}`)];
}

function discriminatorValues(zodIssue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return 'options' in zodIssue ? (zodIssue.options?.map(String) ?? []) : [];
}

function unknownKeyIssue(setting: Setting, key: string, known: readonly string[]): ConfigIssue {
  const isFieldMapping = setting.path[0] === 'syncs' && setting.path[2] === 'mapping' && setting.path.length === 3;
  const message = `unknown ${isFieldMapping ? 'participant field' : 'key'} \`${safeWord(key)}\`${didYouMean(key, known)}`;
  const customFieldHint = isFieldMapping ? ' Put custom fields under characteristics.' : '';
  return setting.at(key).issue(message, `Known here: ${known.join(', ')}.${customFieldHint}`);
}

function missingIssue(setting: Setting, zodIssue: ZodIssue): ConfigIssue {
  const values =
    zodIssue.code === 'invalid_value'
      ? zodIssue.values.map(String)
      : zodIssue.code === 'invalid_union'
        ? discriminatorValues(zodIssue)
        : [];
  return setting.issue('is required', [`${zodIssue.message}.`, ...knownTexts(values)].join(' '));
}

function knownTexts(values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`Known: ${values.join(', ')}.`];
}

function choiceIssue(setting: Setting, allowedValues: readonly string[]): ConfigIssue {
  const { value } = setting;
  if (typeof value !== 'string') return typeIssue(setting, `must be one of ${allowedValues.join(', ')}`);
  const label = /^\d+$/.test(setting.name) ? 'word' : setting.name;
  const [allowedText = null] = knownTexts(allowedValues);
  if (!setting.isShowable) return setting.issue(`unknown ${label} from the environment`, allowedText);
  return setting.issue(`unknown ${label} \`${safeWord(value)}\`${didYouMean(value, allowedValues)}`, allowedText);
}

function typeIssue(setting: Setting, message: string): ConfigIssue {
  const { value } = setting;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const hint = isScalar && message.startsWith(`must be ${typeTexts['string']}`) ? 'Put it in quotes.' : null;
  return setting.issue(`${message}, but is ${describeValue(value)}`, hint);
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
