import { configIssues } from '../app/config-issues.ts';
import { toPanelsyncError } from '../core/errors.ts';

/** An error for the log: the issues of a configuration one by one, or what else went wrong. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  const issues = configIssues(error);
  if (issues !== null) return { issues };
  const { code, message, hint } = toPanelsyncError(error);
  return { code, reason: message, hint };
}
