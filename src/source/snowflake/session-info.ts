import { once } from 'node:events';
import { PanelsyncError } from '../../core/errors.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import { execute } from './driver.ts';
import type { Execution } from './driver.ts';

/** Whom and what a session works with; `null` where it has none. */
export interface SessionFacts {
  readonly version: string | null;
  readonly user: string | null;
  readonly role: string | null;
  readonly warehouse: string | null;
  readonly database: string | null;
}

export async function sessionFacts(execution: Execution): Promise<SessionFacts> {
  const statement = await execute(
    execution,
    'select current_version(), current_user(), current_role(), current_warehouse(), current_database()',
  );
  const rows = statement.streamRows();
  const ended = once(rows, 'end');
  let found: readonly unknown[] = [];
  rows.on('data', (row: readonly unknown[]) => (found = row));
  await ended;
  const [version = null, user = null, role = null, warehouse = null, database = null] = found.map(textOrNull);
  return { version, user, role, warehouse, database };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The facts for people; a session that could not run a model is an error. Snowflake lets such logins in without a word. */
export function sessionText(facts: SessionFacts, settings: SnowflakeSourceSettings): string {
  const { warehouse, database } = facts;
  const use = `sources.${settings.name}`;
  if (warehouse === null) {
    const hint = `Set ${use}.warehouse to one that exists and on which the role has USAGE.`;
    throw missing('source_warehouse', `The source "${settings.name}" has no warehouse to compute with.`, hint);
  }
  if (settings.database !== null && database === null) {
    const hint = `Check ${use}.database, and that the role has USAGE on it.`;
    throw missing(
      'source_missing',
      `The source "${settings.name}" cannot use the database ${settings.database}.`,
      hint,
    );
  }
  const [version, user, role] = [facts.version, facts.user, facts.role].map((fact) => fact ?? 'none');
  return `Snowflake ${version}, database ${database ?? 'none'}, user ${user}, role ${role}, warehouse ${warehouse}`;
}

function missing(code: string, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'fatal', message, hint });
}
