import { toPanelsyncError } from '../../core/errors.ts';
import type { DbtRelation } from '../../core/model/terms.ts';
import { exitCodes } from '../command.ts';
import type { MappedColumn } from './mapped-columns.ts';

export interface Check {
  readonly name: string;
  /** `fault`: a run would fail; `skipped`: not checked, as something it needs failed. */
  readonly status: 'ok' | 'warning' | 'fault' | 'skipped';
  readonly message: string;
  readonly hint: string | null;
  /** Where a check failed: the code of its error, the same as in the report of a run. */
  readonly code?: string;
  /** Where a check failed: whether that may pass by itself, so that a later run may succeed. */
  readonly retriable?: boolean;
  /** Of a model that could be read: the column that fills each field. */
  readonly mapping?: readonly MappedColumn[];
  /** Of a model that dbt builds. */
  readonly dbt?: DbtRelation;
}

/** A check and the exit code that it asks for. */
export interface CheckResult {
  readonly check: Check;
  readonly exitCode: number;
}

/** Passes with the message that `work` returns, and fails with the error that it throws. */
export async function runCheck(name: string, work: () => Promise<string>): Promise<CheckResult> {
  try {
    return passed(name, await work());
  } catch (error) {
    return failed(name, error);
  }
}

export function passed(name: string, message: string): CheckResult {
  return { check: { name, status: 'ok', message, hint: null }, exitCode: exitCodes.ok };
}

export function failed(name: string, cause: unknown): CheckResult {
  const error = toPanelsyncError(cause);
  if (error.recovery === 'canceled') throw error;
  const exitCode = error.recovery === 'usage' ? exitCodes.usage : exitCodes.failed;
  const { code, message, hint } = error;
  return { check: { name, status: 'fault', message, hint, code, retriable: error.recovery === 'retriable' }, exitCode };
}

/** A check that was not done: it cannot be, or what it needs has failed. */
export function skippedCheck(name: string, reason: string): CheckResult {
  return { check: { name, status: 'skipped', message: `not checked: ${reason}`, hint: null }, exitCode: exitCodes.ok };
}
