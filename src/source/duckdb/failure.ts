import type { EngineFailure } from './messages.ts';

/** What an error of DuckDB says, as far as it has parts: queries report errors as JSON, opening a database does not. */

export interface DuckDbErrorInfo {
  /** DuckDB's name for the type of the error, such as Binder or IO. */
  readonly type: string;
  /** May quote rows. */
  readonly message: string;
  /** Byte in the statement, from 0. */
  readonly position: number | null;
}

export function parseFailure({ message }: EngineFailure): DuckDbErrorInfo {
  const json = parseJson(message.slice(message.indexOf('{"exception_type"')));
  if (json !== null) return json;
  const [, type = '', text = message] = /^([A-Za-z ]+?) Error: (.*)$/s.exec(message) ?? [];
  return { type, message: text, position: null };
}

function parseJson(text: string): DuckDbErrorInfo | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const type = textOf(value, 'exception_type');
  const position = textOf(value, 'position');
  if (type === '') return null;
  return { type, message: textOf(value, 'exception_message'), position: position === '' ? null : Number(position) };
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof found === 'string' ? found : '';
}
