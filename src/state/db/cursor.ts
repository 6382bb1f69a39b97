import type { StateClient, Statement } from './state-client.ts';

/** Few enough for any memory, enough for the round trips not to matter. */
const pageRows = 5000;

/** The rows of a query by the page, so that memory does not grow with them. Only inside a transaction. */
export async function* fetchPages<Row extends object>(
  client: StateClient,
  query: Pick<Statement, 'text' | 'values'>,
): AsyncGenerator<readonly Row[]> {
  await client.query({ ...query, text: `declare pages no scroll cursor for ${query.text}` });
  for (;;) {
    const { rows } = await client.query<Row>(`fetch ${pageRows} from pages`);
    if (rows.length > 0) yield rows;
    if (rows.length < pageRows) break;
  }
  await client.query('close pages');
}
