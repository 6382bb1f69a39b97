import { PanelsyncError } from '../core/errors.ts';
import type { Recovery } from '../core/errors.ts';
import type { Model } from '../core/model/terms.ts';
import { pluralize } from '../lib/format.ts';

/** Errors that are the same whichever warehouse runs the model. */

/** Replaces what a function of the warehouse raised, which may say anything about anybody. */
export const functionErrorText = 'a function raised an error; its text may name people and is left out';

export function multipleStatementsError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_several_statements',
    recovery: 'usage',
    message: `The model ${model.location} contains more than one statement; nothing was run.`,
    hint: 'Keep one query. It may end with a semicolon or a comment.',
    cause,
  });
}

export function notReadOnlyError(model: Model, message: string, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_not_read_only',
    recovery: 'usage',
    message: `The model ${model.location} ${message}; nothing was run.`,
    hint: 'A model is one SELECT (or WITH … SELECT, VALUES, TABLE). Move everything that writes out of it.',
    cause,
  });
}

/** The server rejected the model (syntax, names, rights), and will reject it again. */
export function modelSqlError(model: Model, details: string, hint: string, cause: unknown): PanelsyncError {
  return modelError('model_sql_error', 'usage', { model, details, hint, cause });
}

/** The model ran into a value that it cannot process; with other data it may succeed. */
export function modelDataError(model: Model, details: string, hint: string, cause: unknown): PanelsyncError {
  return modelError('model_data_error', 'fatal', { model, details, hint, cause });
}

interface ModelErrorDetails {
  readonly model: Model;
  /** Goes on after "The model … fails". */
  readonly details: string;
  readonly hint: string;
  readonly cause: unknown;
}

function modelError(
  code: string,
  recovery: Recovery,
  { model, details, hint, cause }: ModelErrorDetails,
): PanelsyncError {
  return new PanelsyncError({ code, recovery, message: `The model ${model.location} fails${details}.`, hint, cause });
}

export function modelTimeoutError(model: Model, hint: string, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_timeout',
    recovery: 'fatal',
    message: `The model ${model.location} exceeded the statement timeout of its source and was canceled.`,
    hint,
    cause,
  });
}

/** Fewer or more rows than the warehouse announced. Nothing is sent before all rows are read. */
export function incompleteResultError(
  { source, model }: { readonly source: string; readonly model: Model },
  { announced, read }: { readonly announced: number; readonly read: number },
): PanelsyncError {
  return new PanelsyncError({
    code: 'source_incomplete',
    recovery: 'retriable',
    message: `The source "${source}" announced ${pluralize(announced, 'row')} for the model ${model.location} and delivered ${pluralize(read, 'row')}; nothing was sent.`,
    hint: 'Run again. If it keeps happening, look for a proxy or a setting that cuts results short.',
  });
}

export function unresponsiveError(source: string, seconds: string, hint: string): PanelsyncError {
  return new PanelsyncError({
    code: 'source_unreachable',
    recovery: 'retriable',
    message: `The source "${source}" did not respond ${seconds}; the connection was closed.`,
    hint,
  });
}

export function canceledError(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'Canceled while the model was being read.',
    hint: 'Run again when you are ready.',
  });
}
