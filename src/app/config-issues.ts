import { ConfigError, messageWithLocation } from '../config/issues/issues.ts';

/** The single faults of a configuration that cannot be used, each with its place; `null` for any other error. */
export function configIssues(
  error: unknown,
): readonly { readonly message: string; readonly hint: string | null }[] | null {
  if (!(error instanceof ConfigError)) return null;
  return error.issues.map((issue) => ({ message: messageWithLocation(issue), hint: issue.hint }));
}
