import { ConfigError, messageWithLocation } from '../config/issues/issues.ts';

/** The issues of an invalid configuration, each with its position; `null` for any other error. */
export function configIssues(
  error: unknown,
): readonly { readonly message: string; readonly hint: string | null }[] | null {
  if (!(error instanceof ConfigError)) return null;
  return error.issues.map((issue) => ({ message: messageWithLocation(issue), hint: issue.hint }));
}
