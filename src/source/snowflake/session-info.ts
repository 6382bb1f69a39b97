import { once } from 'node:events';
import { PanelsyncError } from '../../core/errors.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import { execute } from './driver.ts';
import type { StatementContext } from './driver.ts';

/** User, role, warehouse and database of a session; `null` where it has none. */
export interface SessionInfo {
  readonly version: string | null;
  readonly user: string | null;
  readonly role: string | null;
  readonly warehouse: string | null;
  readonly database: string | null;
}

export async function readSessionInfo(context: StatementContext): Promise<SessionInfo> {
  const statement = await execute(
    context,
    'select current_version(), current_user(), current_role(), current_warehouse(), current_database()',
  );
  const rows = statement.streamRows();
  const ended = once(rows, 'end');
  let firstRow: readonly unknown[] = [];
  rows.on('data', (row: readonly unknown[]) => (firstRow = row));
  await ended;
  const [version = null, user = null, role = null, warehouse = null, database = null] = firstRow.map(textOrNull);
  return { version, user, role, warehouse, database };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Describes the session for people. Snowflake accepts logins that cannot run a model; they are errors here. */
export function describeSession(info: SessionInfo, settings: SnowflakeSourceSettings): string {
  const { warehouse, database } = info;
  const configPath = `sources.${settings.name}`;
  if (warehouse === null) {
    const hint = `Set ${configPath}.warehouse to one that exists and on which the role has USAGE.`;
    throw missingError('source_warehouse', `The source "${settings.name}" has no virtual warehouse.`, hint);
  }
  if (settings.database !== null && database === null) {
    const hint = `Check ${configPath}.database, and that the role has USAGE on it.`;
    throw missingError(
      'source_missing',
      `The source "${settings.name}" cannot use the database ${settings.database}.`,
      hint,
    );
  }
  const [version, user, role] = [info.version, info.user, info.role].map((value) => value ?? 'none');
  return `Snowflake ${version}, database ${database ?? 'none'}, user ${user}, role ${role}, warehouse ${warehouse}`;
}

function missingError(code: string, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'fatal', message, hint });
}
