import type { PanelsyncError } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import { modelDataError, modelTimeoutError } from '../model-errors.ts';

/** Redshift says of its timeout, too, that the query was canceled on the user's request, so the clock decides. */
export function isStatementTimeout(error: unknown, elapsedMs: number, statementTimeoutMs: number): boolean {
  return parsePostgresError(error).kind === 'canceled' && elapsedMs >= statementTimeoutMs;
}

export function statementTimeoutError(model: Model, cause: unknown): PanelsyncError {
  const hint =
    'Make the model cheaper (a materialized view helps), or raise statementTimeoutMs of the source and the limits of its WLM queue.';
  return modelTimeoutError(model, hint, cause);
}

/** The compute nodes report everything under one code, be it a value that overflows or a file that cannot be read. */
export function isInternalError(error: unknown): boolean {
  return parsePostgresError(error).code === 'XX000';
}

export function internalError(model: Model, cause: unknown): PanelsyncError {
  const details = ' while rows are read (XX000); the text of Redshift may contain values and is left out';
  const hint =
    'Look at error_message in sys_query_history, or run the model in a SQL client as the user of the source.';
  return modelDataError(model, details, hint, cause);
}
