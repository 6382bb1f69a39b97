import { splitCopyLine } from '../../lib/copy-text.ts';
import { comparePayloads } from '../../core/model/difference.ts';
import type { PayloadDifference } from '../../core/model/difference.ts';
import { columnKey } from '../../core/model/key.ts';
import { canonicalText, toParticipant } from '../../core/model/participant.ts';
import type { OmittedValue } from '../../core/model/participant.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { Projection } from '../../core/model/projection.ts';
import { unwrittenFields, withoutFields } from '../../core/model/rules/written-fields.ts';
import type { Payload, RowError } from '../../core/model/terms.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Candidate } from '../../core/ports/run/plan-store.ts';

/** A row as it would be sent, and whether the snapshot has just that. */
export interface CandidateRow {
  readonly candidate: Candidate;
  readonly payload: Payload;
  readonly text: string;
  /** What the snapshot is to hold once the Hub has it, where that is more than what is sent. */
  readonly stored: string | null;
  readonly errors: readonly RowError[];
  readonly omitted: readonly OmittedValue[];
  readonly matches: boolean;
  /** What the snapshot holds is needed: it may come to the same for the Hub, or decide what is written. */
  readonly needsHeld: boolean;
  /** Hash of what stays with the person; `null`: unknown. */
  readonly identity: string | null;
}

export interface RowContext {
  readonly projection: Projection;
  readonly formats: Formats;
  readonly codec: PayloadCodec;
}

export function readRow(candidate: Candidate, line: string, context: RowContext): CandidateRow {
  const { projection, formats, codec } = context;
  const values = splitCopyLine(line);
  const { payload, errors, omitted } = toParticipant(values, projection, formats);
  const text = canonicalText(payload);
  const { key, payloadHash } = candidate;
  // An invalid value is missing from the payload, which stands for the row only without errors.
  const comparable = payloadHash !== null && errors.length === 0;
  const matches = comparable && codec.matches(payloadHash, key, text);
  const needsHeld = !matches && (comparable || hasWriteRules(candidate, projection));
  const identity = identityOf(values, context);
  return { candidate, payload, text, stored: null, errors, omitted, matches, needsHeld, identity };
}

/** A value is compared as a text, whatever type its column has, as keys are. */
function identityOf(values: readonly (string | null)[], { projection, codec }: RowContext): string | null {
  if (projection.identity === null) return null;
  const { index, column } = projection.identity;
  const value = columnKey(values[index] ?? null);
  return value === null ? null : codec.identityHash(column.name.toLowerCase(), value);
}

/** Insert mode sends new people only, and they get every field. */
function hasWriteRules({ inSnapshot }: Candidate, { hasWriteRules: hasRules, sync }: Projection): boolean {
  return hasRules && inSnapshot && sync.mode !== 'insert';
}

/**
 * The row without the fields that are not written to somebody who is in the Hub: what they hold makes no change, and
 * what is wrong with them keeps nobody out. The snapshot goes on holding what it has of them.
 */
export function withWriteRules(row: CandidateRow, held: string, { projection, codec }: RowContext): CandidateRow {
  if (!hasWriteRules(row.candidate, projection)) return row;
  const names = unwrittenFields(row.payload, held, projection);
  const payload = withoutFields(row.payload, names);
  const text = canonicalText(payload);
  const isWritten = ({ field }: { readonly field: string | null }): boolean => field === null || !names.has(field);
  return {
    ...row,
    payload,
    text,
    stored: codec.withFields(row.candidate.key, { text, held, names }),
    errors: row.errors.filter(isWritten),
    omitted: row.omitted.filter(isWritten),
  };
}

/** Against what the snapshot has; `null` where it has nothing, or nobody asked. */
export function compareWithHeld(
  { candidate, text }: CandidateRow,
  held: string | null,
  { projection, codec }: RowContext,
): PayloadDifference | null {
  if (held === null) return null;
  return comparePayloads({ key: candidate.key, sent: text, held, heldBy: 'snapshot' }, projection, codec);
}
