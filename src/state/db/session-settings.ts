import type pg from 'pg';

/**
 * What a server, a database or a user may be set to and our statements are not made for: dates in an order that nobody
 * can know, transactions that have to be repeated, the end of sessions that are quiet while a run sends, and commits
 * that a crash undoes: a batch is recorded before it is sent. Not every version knows all of it; asked for by name, as
 * the view of all settings takes longer than the rest of a connection's beginning.
 */
const sessionSettings = `select set_config(name, wanted, false) from (values
  ('DateStyle', 'ISO, YMD'), ('default_transaction_isolation', 'read committed'), ('synchronous_commit', 'on'),
  ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0')
) as own (name, wanted)
where case name when 'synchronous_commit' then current_setting(name) = 'off' else current_setting(name, true) is not null end`;

/** What a machine held that vanished is free within seconds. */
const tcpKeepaliveSettings =
  'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

/** A transaction that was begun by a process which is frozen now must not keep its rows locked. */
const idleTransactionMs = 20_000;

/** Space for the stage of a million rows, which otherwise goes to disk and back, and for sorting what changed. */
const stageMemory = "set temp_buffers = '128MB'; set work_mem = '64MB'";

export async function preparePooled(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query(
    `${common(schema)}; set idle_in_transaction_session_timeout = ${idleTransactionMs}; ${tcpKeepaliveSettings}`,
  );
}

export async function prepareDedicated(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query(`${common(schema)}; ${stageMemory}; ${tcpKeepaliveSettings}`);
}

function common(schema: string): string {
  return `${sessionSettings}; set search_path to "${schema}"`;
}
