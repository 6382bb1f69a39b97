import { PanelsyncError } from '../../core/errors.ts';
import { maxTimerMs, parseDuration } from '../../lib/duration.ts';
import type { CommandInput, OptionValue } from '../command.ts';

/** The argument at an index; commander has refused the command line where a required one is missing. */
export function argumentAt(input: CommandInput, index: number): string {
  const value = input.args[index];
  if (value === undefined) throw new RangeError(`no argument ${index}`);
  return value;
}

export function booleanOption(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

/** An option's value by its name on the command line, such as `log-level`. */
export function stringOption(input: CommandInput, name: string): string | null {
  const value = optionValue(input, name);
  return typeof value === 'string' ? value : null;
}

/** Why somebody does something; a blank reason is none. */
export function reasonOption(input: CommandInput): string | null {
  const reason = stringOption(input, 'reason')?.trim() ?? '';
  return reason === '' ? null : reason;
}

/** All values of an option that may be given more than once. */
export function stringListOption(input: CommandInput, name: string): readonly string[] {
  const value = optionValue(input, name);
  return typeof value === 'object' ? value : [];
}

function optionValue(input: CommandInput, name: string): OptionValue | undefined {
  return input.options[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}

/** A whole number of at least `min`, or `null` where the option is not given. */
export function integerOption(input: CommandInput, name: string, min: number): number | null {
  const value = stringOption(input, name);
  if (value === null) return null;
  const number = Number(value);
  if (/^\d{1,12}$/.test(value) && number >= min) return number;
  throw usageError(
    `--${name} takes a whole number of at least ${min}, not "${value}".`,
    `Write it as in --${name} ${Math.max(min, 20)}.`,
  );
}

/** A time span in milliseconds, or `null` where the option is not given. */
export function durationOption(input: CommandInput, name: string): number | null {
  const value = stringOption(input, name);
  if (value === null) return null;
  const durationMs = parseDuration(value);
  if (durationMs !== null && durationMs <= maxTimerMs) return durationMs;
  throw usageError(
    `--${name} takes a time such as 90s, 30m or 12h (at most 24d), not "${value}".`,
    `Write it as in --${name} 30m.`,
  );
}

/** One of a fixed set of words, or `null` where the option is not given. */
export function choiceOption<Choice extends string>(
  input: CommandInput,
  name: string,
  choices: readonly Choice[],
): Choice | null {
  const value = stringOption(input, name);
  if (value === null) return null;
  const choice = choices.find((word) => word === value);
  if (choice !== undefined) return choice;
  throw usageError(`--${name} does not take "${value}".`, `Use one of ${choices.join(', ')}.`);
}

export function usageError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'usage', recovery: 'usage', message, hint });
}
