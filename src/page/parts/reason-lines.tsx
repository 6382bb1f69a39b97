import { formatNumber } from '../../lib/format.ts';
import type { ReasonCount } from '../api/documents.ts';
import { describeReasonCode } from './reason-words.ts';

/** Why rows are refused, most frequent first: `1,231 × phone_number: not a phone number`. */
export function ReasonLines({
  reasons,
  address,
}: {
  readonly reasons: readonly ReasonCount[];
  readonly address: string;
}) {
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={`${reason.reason} ${reason.field} ${reason.message}`}>
          <span class="reason-count number">{formatNumber(reason.count)}</span>
          <span class="reason-times" aria-hidden="true">
            ×
          </span>
          <a class="reason-text" href={addressOf(address, reason)}>
            {describeReason(reason)}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The list of these rows, as the filter of the list names them. */
function addressOf(address: string, { reason, field, message }: ReasonCount): string {
  const url = new URL(address, window.location.href);
  for (const [name, value] of Object.entries({ reason, field, message })) {
    if (value !== null && value !== '') url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}

export function describeReason({ field, message, reason }: ReasonCount): string {
  const text = message === '' || message === reason ? describeReasonCode(reason) : message;
  return field === null ? text : `${field}: ${text}`;
}
