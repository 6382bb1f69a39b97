import { formatNumber } from '../../../lib/format.ts';
import type { ReasonCount } from '../../api/documents.ts';
import { describeReason } from '../../parts/reason-lines.tsx';
import { chooseGroup, isInGroup } from './reason-group.ts';
import type { ReasonGroup } from './reason-group.ts';

const everything: ReasonGroup = { reason: null, field: null, message: null };

interface ReasonFilterProps {
  /** `null` while they are read. */
  readonly reasons: readonly ReasonCount[] | null;
  readonly selected: ReasonGroup;
}

/** Why, most frequent first; choosing one shows its rows only, and choosing it again shows all. */
export function ReasonFilter({ reasons, selected }: ReasonFilterProps) {
  const most = Math.max(1, ...(reasons ?? []).map(({ count }) => count));
  return (
    <ul class="reason-filter" aria-label="Reasons">
      {reasons?.map((reason) => {
        const pressed = isInGroup(reason, selected);
        return (
          <li key={`${reason.reason} ${reason.field} ${reason.message}`}>
            <button type="button" aria-pressed={pressed} onClick={() => chooseGroup(pressed ? everything : reason)}>
              <span class="reason-count number">{formatNumber(reason.count)}</span>
              <span class="reason-times" aria-hidden="true">
                ×
              </span>
              <span class="reason-text">{describeReason(reason)}</span>
              <svg class="reason-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="fill-accent" width={Math.max(1, (100 * reason.count) / most)} height="4" />
              </svg>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
