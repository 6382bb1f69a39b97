import { toPanelsyncError } from '../../core/errors.ts';
import { exitCodes } from '../command.ts';
import type { MappedColumn } from './mapped-columns.ts';

export interface Check {
  readonly name: string;
  /** `skipped`: something it needs is at fault. */
  readonly status: 'ok' | 'warning' | 'fault' | 'skipped';
  readonly message: string;
  readonly hint: string | null;
  /** Of a model that could be read: what fills each field. */
  readonly mapping?: readonly MappedColumn[];
}

/** A check and the exit code that it asks for. */
export interface CheckResult {
  readonly check: Check;
  readonly exitCode: number;
}

/** Does the work: what it returns is said of a check that is well, what it throws is the fault. */
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
  return { check: { name, status: 'fault', message: error.message, hint: error.hint }, exitCode };
}

/** Something that another fault kept from being looked at, or that cannot be looked at. */
export function skippedCheck(name: string, message: string): CheckResult {
  return { check: { name, status: 'skipped', message, hint: null }, exitCode: exitCodes.ok };
}
