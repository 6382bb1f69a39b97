/** Bodies of a response with 200 to a batch of five rows, as APIs of many kinds write them. */

/** They may report that rows were not stored. */
export const unclearBodies: readonly unknown[] = [
  { data: { failed: 1 } },
  { data: { status: 'error' } },
  { data: { errors: [{ detail: 'x' }] } },
  { data: { type: 'batch', attributes: { failedCount: 2 } } },
  { data: [{ attributes: { errors: ['x'] } }] },
  { data: [{ meta: { error: 'x' } }] },
  { response: { errors: [{ detail: 'x' }] } },
  { participants: { ada: { error: 'x' } } },
  { processed: 3, total: 5 },
  { success_count: 3 },
  { meta: { success: 3 } },
  { rows_affected: 0 },
  { success: 'no' },
  { accepted: false },
  { code: 'E123' },
  { http_status: '422' },
  { result: 'nok' },
  { status: 'aborted' },
  { status: 'cancelled' },
  { status: 'timeout' },
  { status: 'Unauthorized' },
  { message: 'Internal server error' },
  { unmatched: 1 },
];

/** They report no such thing. */
export const clearBodies: readonly unknown[] = [
  { errors: null, message: '5 participants, no errors' },
  { data: { failed: 0, created: 5 } },
  { data: { id: '1', type: 'participant', attributes: { email: 'ada@example.test', status: 'rejected' } } },
  { data: { email: 'ada@example.test', error_rate: 3 } },
  { success: 1, status: 'ok' },
  { status: 'OK', result: 'done', code: 'EU_1' },
  { processed: 5, success: true },
];
