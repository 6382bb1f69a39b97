import type pg from 'pg';
import type { Model } from '../../core/model/terms.ts';
import { notAQueryError, toModelError } from './errors.ts';
import type { PostgresSession } from './session.ts';

/** What every server that speaks Postgres' protocol is asked before a model runs. */

const preparePrefix = 'prepare panelsync_model as ';
const describePrefix = 'select * from (\n';

export interface OpenedModel {
  readonly session: PostgresSession;
  readonly model: Model;
  /** The model's text, ready to stand in parentheses. */
  readonly sql: string;
}

/** Only one statement, and only a query or a change, can be prepared. */
export async function requireSingleStatement({ session: { client }, model }: OpenedModel): Promise<void> {
  try {
    await client.query({ text: preparePrefix + model.sql, queryMode: 'extended' } as pg.QueryConfig);
    await client.query('deallocate panelsync_model');
  } catch (error) {
    throw toModelError(model, error, preparePrefix.length);
  }
}

/** The columns of a model, without running it: only a query can stand where this puts the model. */
export async function describeModel({ session: { client }, model, sql }: OpenedModel): Promise<readonly pg.FieldDef[]> {
  const text = `${describePrefix}${sql}\n) as model limit 0`;
  const { fields } = await client.query({ text, queryMode: 'extended' } as pg.QueryConfig).catch((error: unknown) => {
    throw notAQueryError(model, error, describePrefix.length);
  });
  return fields;
}
