import type { Request } from 'express';
import { badRequestError } from './error-response.ts';

/** The parameters of a query; unknown ones, and those given twice, are errors. */
export function readQuery<Name extends string>(
  { query }: Request,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const known = new Set<string>(names);
  const unknown = Object.keys(query).find((name) => !known.has(name));
  const hint = names.length === 0 ? 'Remove the query.' : `Known parameters: ${names.join(', ')}.`;
  if (unknown !== undefined) throw badRequestError('The query has an unknown parameter.', hint);
  const values: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = query[name];
    if (value !== undefined && typeof value !== 'string')
      throw badRequestError(`The parameter ${name} is given more than once.`, `Give ${name} once.`);
    if (value?.includes('\0') === true)
      throw badRequestError(`The parameter ${name} has a character that no value has.`, `Correct ${name}.`);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** One of these words; `null` where the parameter is absent. */
export function readChoice<Choice extends string>(
  value: string | undefined,
  name: string,
  choices: readonly Choice[],
): Choice | null {
  if (value === undefined) return null;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw badRequestError(`${name} must be one of ${choices.join(', ')}.`, `Correct the parameter ${name}.`);
}

export function readWholeNumber(
  value: string | undefined,
  name: string,
  { defaultValue, max }: { readonly defaultValue: number; readonly max: number },
): number {
  if (value === undefined) return defaultValue;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= max) return number;
  throw badRequestError(`${name} must be a whole number from 1 to ${max}.`, `Correct the parameter ${name}.`);
}
