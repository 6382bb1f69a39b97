import type { ClientBase, FieldDef } from 'pg';
import { lineAndColumn } from '../../../src/source/postgres/model-sql.ts';

/**
 * What little of Snowflake's SQL the source writes, so that Postgres understands it. None has a clause but its expression,
 * nor uses a computed value twice: only such functions become part of the statement, and others take minutes for a
 * million rows. A number that is too long for its format becomes a wrong one, where Snowflake refuses it.
 */
const functions = `
  create schema if not exists snowflake;
  create or replace function snowflake.to_varchar(timestamp, text) returns text language sql immutable as
    $f$ select to_char($1, replace($2, 'FF9', 'US')) || case when $2 like '%FF9' then '000' else '' end $f$;
  create or replace function snowflake.to_varchar(date, text) returns text language sql immutable as
    $f$ select snowflake.to_varchar($1::timestamp, $2) $f$;
  create or replace function snowflake.to_varchar(time, text) returns text language sql immutable as
    $f$ select snowflake.to_varchar(date '2000-01-01' + $1, $2) $f$;
  create or replace function snowflake.convert_timezone(text, timestamptz) returns timestamp language sql immutable as
    $f$ select $2 at time zone $1 $f$;
  create or replace function snowflake.hex_encode(bytea) returns text language sql immutable as
    $f$ select upper(encode($1, 'hex')) $f$;
  create or replace function snowflake.iff(boolean, text, text) returns text language sql immutable as
    $f$ select case when $1 then $2 else $3 end $f$;
  create or replace function snowflake.iff(boolean, anyelement, anyelement) returns anyelement language sql immutable as
    $f$ select case when $1 then $2 else $3 end $f$;
  create or replace function snowflake.sha2(text, integer) returns text language sql stable as
    $f$ select case $2 when 256 then encode(sha256(convert_to($1, 'UTF8')), 'hex') end $f$;
  create or replace function snowflake.hex_to_number(text, text) returns bigint language sql immutable as
    $f$ select case trim('X' from $2) when '' then ('x' || lpad(lpad($1, length($2), '0'), 16, '0'))::bit(64)::bigint end $f$;
  create or replace function snowflake.bitand(bigint, bigint) returns bigint language sql immutable as
    $f$ select $1 & $2 $f$;
  create or replace function snowflake.bitshiftleft(bigint, bigint) returns bigint language sql immutable as
    $f$ select $1 << $2::integer $f$;
  create or replace function snowflake.bitshiftright(bigint, bigint) returns bigint language sql immutable as
    $f$ select $1 >> $2::integer $f$;
  create or replace function snowflake.substr(text, bigint, integer) returns text language sql immutable as
    $f$ select pg_catalog.substr($1, $2::integer, $3) $f$;
  create or replace function snowflake.unsigned(text) returns numeric language sql immutable as
    $f$ select mod(('x' || $1)::bit(64)::bigint + 18446744073709551616, 18446744073709551616) $f$;
  create or replace function snowflake.md5_number_upper64(text) returns numeric language sql immutable as
    $f$ select snowflake.unsigned(left(md5($1), 16)) $f$;
  create or replace function snowflake.md5_number_lower64(text) returns numeric language sql immutable as
    $f$ select snowflake.unsigned(right(md5($1), 16)) $f$;
  create or replace function snowflake.hash(double precision) returns bigint language sql immutable as
    $f$ select hashfloat8extended($1, 0) $f$;`;

export async function installSnowflakeFunctions(client: ClientBase): Promise<void> {
  await client.query("begin; select pg_advisory_xact_lock(hashtext('snowflake')); " + functions + ' commit;');
}

/** What the session of a statement has: values for its placeholders, and the results of earlier statements. */
export interface SqlContext {
  readonly binds: readonly string[];
  /** A query for the rows of a result, with its columns by their names. */
  resultOf(queryId: string): string;
}

/** Lengths before the end of the model stay, so that places in it do. */
export function toPostgres(sql: string, { binds, resultOf }: SqlContext): string {
  let bound = 0;
  const bind = (): string => `'${(binds[bound++] ?? '').replaceAll("'", "''")}'`;
  const comments = sql.replace(/'(?:[^'])*'|\/\/(?=[^\n]*)|\?/g, (token) =>
    token === '//' ? '--' : token === '?' && binds.length > 0 ? bind() : token,
  );
  return comments
    .replace(/to_json\(to_variant\((c\d+)\)\)/g, '$1::text')
    .replace(/\bcollate\((c\d+), ''\)/g, '$1')
    .replace(/\bto_number\((?=left|substr)/g, 'snowflake.hex_to_number(')
    .replace(/\bseq8\(\)/g, '(row_number() over () - 1)')
    .replace(/\bnull::number\b/g, 'null::bigint')
    .replace(/\btable\(result_scan\('([0-9a-f-]+)'\)\)/g, (_, id: string) => `(${resultOf(id)}) as result`);
}

/** A column in the description of a result. */
export interface RowType {
  readonly name: string;
  readonly type: string;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly nullable: boolean;
}

const types: Readonly<Record<number, string>> = {
  16: 'boolean',
  17: 'binary',
  20: 'fixed',
  21: 'fixed',
  23: 'fixed',
  25: 'text',
  114: 'variant',
  700: 'real',
  701: 'real',
  705: 'text',
  1042: 'text',
  1043: 'text',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp_ntz',
  1184: 'timestamp_tz',
  1700: 'fixed',
  3802: 'variant',
};

/** Names without quotes become capitals in Snowflake; Postgres has made them small. */
export function rowTypeOf({ name, dataTypeID, dataTypeModifier }: FieldDef): RowType {
  const type = types[dataTypeID] ?? 'geography';
  const decimals = dataTypeID === 1700 && dataTypeModifier > 0 ? dataTypeModifier - 4 : null;
  return {
    name: name === name.toLowerCase() ? name.toUpperCase() : name,
    type,
    precision: type === 'fixed' ? (decimals === null ? 38 : decimals >> 16) : null,
    scale: type === 'fixed' ? (decimals === null ? 0 : decimals & 0xffff) : null,
    nullable: true,
  };
}

export interface SnowflakeResponse {
  readonly success: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly data: unknown;
}

/** Snowflake's codes for what Postgres says. */
function snowflakeCodeOf(state: string, message: string): string {
  if (/multiple commands/.test(message)) return '000008';
  if (state === '57014') return /statement timeout/.test(message) ? '000630' : '000604';
  if (state.startsWith('22')) return '100038';
  const codes: Readonly<Record<string, string>> = { '42703': '000904', '42P01': '002003', '42501': '003001' };
  return codes[state] ?? '001003';
}

/** An error of Postgres as Snowflake would tell it; `prefix` stands before the statement that was asked for. */
export function errorResponse(error: unknown, sql: string, prefix: number): SnowflakeResponse {
  const { code: state = '', message = '', position } = error as { code?: string; message?: string; position?: string };
  const code = snowflakeCodeOf(state, message);
  const location = position === undefined ? null : lineAndColumn(sql, Number(position) - 1 - prefix);
  const locationText = location === null ? '' : ` error line ${location.line} at position ${location.column - 1}`;
  const text = message.replace(/"([^"]*)"/g, "'$1'");
  return {
    success: false,
    code,
    message: code === '100038' ? text : `SQL compilation error:${locationText}\n${text}`,
    data: {
      errorCode: code,
      sqlState: state,
      line: location?.line ?? -1,
      pos: location === null ? -1 : location.column - 1,
      type: 'COMPILATION',
    },
  };
}
