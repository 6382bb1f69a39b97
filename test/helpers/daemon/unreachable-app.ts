import { expect } from 'chai';
import { openApp } from '../../../src/app.ts';
import type { App } from '../../../src/app.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { silentLog } from '../postgres/postgres.ts';

/** Port 1 of this machine: nothing listens there. */
const configuration = `state: { url: 'postgres://nobody@127.0.0.1:1/state' }
destination: { apiKey: test, baseUrl: 'http://127.0.0.1:1' }
sources: { warehouse: { type: postgres, url: 'postgres://nobody@127.0.0.1:1/warehouse' } }
syncs:
  panel:
    source: warehouse
    sql: select 'ada@example.test' as email
    schedule: '* * * * * *'
    mapping: { email: email }
alerts: { team: { url: 'http://127.0.0.1:1/webhook' } }
server: { port: 0 }
`;

/** A whole application whose state database, warehouse, Hub and webhook are all unreachable. */
export async function openUnreachableApp(): Promise<App> {
  const readFile = (): Promise<never> => Promise.reject(new Error('no files'));
  const result = await parseConfig({ text: configuration, file: '/panelsync.yaml', layers: [], readFile });
  expect(result.config, JSON.stringify(result)).to.not.equal(null);
  if (result.config === null) throw new Error('unreachable');
  return openApp(result.config, silentLog);
}
