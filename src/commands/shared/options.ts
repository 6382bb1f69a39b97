import { PanelsyncError } from '../../core/errors.ts';
import type { Input, OptionValue } from '../command.ts';

/** The argument at a place; the command line has seen to it that required ones are there. */
export function argument(input: Input, at: number): string {
  const value = input.args[at];
  if (value === undefined) throw new RangeError(`no argument ${at}`);
  return value;
}

export function flag(input: Input, name: string): boolean {
  return input.options[name] === true;
}

/** An option's value by its name on the command line, such as `log-level`. */
export function text(input: Input, name: string): string | null {
  const value = optionValue(input, name);
  return typeof value === 'string' ? value : null;
}

/** All values of an option that may be given more than once. */
export function texts(input: Input, name: string): readonly string[] {
  const value = optionValue(input, name);
  return typeof value === 'object' ? value : [];
}

function optionValue(input: Input, name: string): OptionValue | undefined {
  return input.options[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}

/** A whole number of at least `least`, or `null` where the option is not given. */
export function wholeNumber(input: Input, name: string, least: number): number | null {
  const value = text(input, name);
  if (value === null) return null;
  const number = Number(value);
  if (/^\d{1,12}$/.test(value) && number >= least) return number;
  throw usageError(`--${name} takes a whole number of at least ${least}, not "${value}".`, 'Correct the option.');
}

/** One of a fixed set of words, or `null` where the option is not given. */
export function oneOf<Word extends string>(input: Input, name: string, words: readonly Word[]): Word | null {
  const value = text(input, name);
  if (value === null) return null;
  const known = words.find((word) => word === value);
  if (known !== undefined) return known;
  throw usageError(`--${name} takes ${words.join(', ')}, not "${value}".`, 'Correct the option.');
}

export function usageError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'usage', recovery: 'usage', message, hint });
}
