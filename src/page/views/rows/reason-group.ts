import type { ReasonCount } from '../../api/documents.ts';
import { setQuery, useLocation } from '../../hooks/router.ts';

/** The rows of which reason are shown; all `null`: of every one. */
export type ReasonGroup = Readonly<Record<'reason' | 'field' | 'message', string | null>>;

/** The group that the address names, so that it can be shared and linked. */
export function useReasonGroup(): ReasonGroup {
  const { query } = useLocation();
  return { reason: query.get('reason'), field: query.get('field'), message: query.get('message') };
}

export function chooseGroup({ reason, field, message }: ReasonGroup): void {
  setQuery({ reason, field, message });
}

export function isInGroup({ reason, field, message }: ReasonCount, group: ReasonGroup): boolean {
  return reason === group.reason && (field ?? null) === group.field && message === (group.message ?? '');
}
