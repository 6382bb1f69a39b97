import type { RowStatement } from 'snowflake-sdk';

/**
 * How many rows the result of a statement has, and how many of them Snowflake returns: fewer where the parameter
 * ROWS_PER_RESULTSET is set. The driver knows both numbers and tells only the second one.
 */
export interface ResultTotals {
  readonly total: number | null;
  readonly returned: number | null;
}

/** The driver's class for results, as far as it is used here. */
interface ResultPrototype {
  getReturnedRows(): unknown;
  getTotalRows(): unknown;
}

let lastTotal: unknown = null;
let isObserving = false;

/** Notes the total whenever the driver is asked for the returned rows. */
export async function observeTotals(): Promise<void> {
  if (isObserving) return;
  isObserving = true;
  const { default: Result } = await import('snowflake-sdk/dist/lib/connection/result/result.js');
  const prototype: ResultPrototype = Result.prototype;
  const getReturnedRows = prototype.getReturnedRows;
  prototype.getReturnedRows = function (this: ResultPrototype) {
    lastTotal = this.getTotalRows();
    return getReturnedRows.call(this);
  };
}

/** The totals of a statement whose result is there. */
export function resultTotals(statement: RowStatement): ResultTotals {
  lastTotal = null;
  const returned: unknown = statement.getNumRows();
  return { total: integerOrNull(lastTotal), returned: integerOrNull(returned) };
}

function integerOrNull(value: unknown): number | null {
  return Number.isInteger(Number(value ?? undefined)) ? Number(value) : null;
}
