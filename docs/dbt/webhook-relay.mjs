// Starts a sync when a job of dbt Cloud has succeeded. dbt signs its webhooks and cannot send a token, so this small
// server checks the signature and calls panelsync. It needs Node and no packages:
//
//   DBT_WEBHOOK_SECRET=… PANELSYNC_URL=http://127.0.0.1:8787 PANELSYNC_TOKEN=… SYNC=research-panel \
//     node webhook-relay.mjs
//
// Put it behind a proxy with TLS, and enter that address in dbt Cloud for the event "Run completed".

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { DBT_WEBHOOK_SECRET, PANELSYNC_URL, PANELSYNC_TOKEN, SYNC, PORT = '8788' } = process.env;
if (!DBT_WEBHOOK_SECRET || !PANELSYNC_URL || !PANELSYNC_TOKEN || !SYNC) {
  throw new Error('Set DBT_WEBHOOK_SECRET, PANELSYNC_URL, PANELSYNC_TOKEN and SYNC.');
}

const log = (line) => process.stdout.write(`${line}\n`);

const maxBodyBytes = 100_000;

async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isSigned(body, signature = '') {
  const expected = Buffer.from(createHmac('sha256', DBT_WEBHOOK_SECRET).update(body).digest('hex'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The status for dbt, which sends an event again if it is not 2xx. */
async function handle(request) {
  const body = await readBody(request);
  if (body === null) return 413;
  if (!isSigned(body, request.headers.authorization)) return 401;
  const { eventType, data } = JSON.parse(body);
  if (eventType !== 'job.run.completed' || data?.runStatus !== 'Success') return 204;
  const answer = await fetch(new URL(`/api/syncs/${encodeURIComponent(SYNC)}/runs`, PANELSYNC_URL), {
    method: 'POST',
    headers: { authorization: `Bearer ${PANELSYNC_TOKEN}` },
  });
  log(`dbt run ${data.runId}: ${answer.status} ${await answer.text()}`);
  // 409: a run is under way, which may have read the data of before. dbt tries again.
  return answer.status;
}

const server = createServer((request, response) => {
  handle(request).then(
    (status) => response.writeHead(status).end(),
    (error) => {
      log(error.message);
      response.writeHead(502).end();
    },
  );
});
server.listen(Number(PORT), () => log(`listening on port ${server.address().port}`));
