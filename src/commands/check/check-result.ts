import { asPanelsyncError } from '../../core/errors.ts';
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
export interface Finding {
  readonly check: Check;
  readonly exitCode: number;
}

/** Does the work: what it returns is said of a check that is well, what it throws is the fault. */
export async function look(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return ok(name, await work());
  } catch (error) {
    return fault(name, error);
  }
}

export function ok(name: string, message: string): Finding {
  return { check: { name, status: 'ok', message, hint: null }, exitCode: exitCodes.ok };
}

export function fault(name: string, thrown: unknown): Finding {
  const error = asPanelsyncError(thrown);
  if (error.recovery === 'canceled') throw error;
  const exitCode = error.recovery === 'usage' ? exitCodes.usage : exitCodes.failed;
  return { check: { name, status: 'fault', message: error.message, hint: error.hint }, exitCode };
}

/** Something that another fault kept from being looked at, or that cannot be looked at. */
export function skipped(name: string, message: string): Finding {
  return { check: { name, status: 'skipped', message, hint: null }, exitCode: exitCodes.ok };
}
