import { PanelsyncError } from '../../core/errors.ts';
import type { OutboxRow } from '../../core/ports/run/ledger.ts';
import { redactPeople } from '../../core/model/redaction/redaction.ts';

/** The same error, with nothing left of these rows' people in its message. */
export function redactError(error: PanelsyncError, rows: readonly Pick<OutboxRow, 'payload'>[]): PanelsyncError {
  const message = redactPeople(error.message, rows);
  if (message === error.message) return error;
  const { code, recovery, hint, cause } = error;
  return new PanelsyncError({ code, recovery, message, hint, cause });
}
