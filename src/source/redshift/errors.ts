import type { PanelsyncError } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import { modelTimeoutError } from '../model-errors.ts';

/** Redshift says of its timeout, too, that the query was canceled on the user's request, so the clock decides. */
export function isStatementTimeout(error: unknown, elapsedMs: number, statementTimeoutMs: number): boolean {
  return parsePostgresError(error).kind === 'canceled' && elapsedMs >= statementTimeoutMs;
}

export function statementTimeoutError(model: Model, cause: unknown): PanelsyncError {
  const hint =
    'Make the model cheaper (a materialized view helps), or raise statementTimeoutMs of the source and the limits of its WLM queue.';
  return modelTimeoutError(model, hint, cause);
}
