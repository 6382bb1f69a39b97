import type { IncomingHttpHeaders } from 'node:http';
import { refusal } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import type { Call, Hub } from '../simulated-hub.ts';

const acceptable: readonly string[] = ['application/vnd.user-interviews.v2+json', 'application/vnd.user-interviews.v2'];

/** What a header list or a header with parameters names, without the parameters. */
function mediaTypes(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').map((part) => (part.split(';')[0] ?? '').trim().toLowerCase());
}

/** Refuses a request whose key or headers are wrong, before its body is looked at; `null`: it may pass. */
export function turnedAway(hub: Hub, call: Call): WholeAnswer | null {
  const { headers } = call;
  const keyFault = wrongKey(hub, headers);
  if (keyFault !== null) return keyFault;
  if (!mediaTypes(headers.accept).some((type) => acceptable.includes(type))) {
    return refusal(406, 'Not acceptable', `Expected the header Accept: ${acceptable.join(' or ')}.`);
  }
  if (call.method === 'GET') return null;
  const [type] = mediaTypes(headers['content-type']);
  if (type !== 'application/json' || !plainUtf8(headers)) {
    return refusal(415, 'Unsupported media type', 'Expected Content-Type: application/json, in UTF-8 and not packed.');
  }
  return null;
}

function wrongKey(hub: Hub, headers: IncomingHttpHeaders): WholeAnswer | null {
  const { apiKey, wire } = hub.options;
  if (wire.auth === 'bearer') {
    if (headers.authorization === `Bearer ${apiKey}`) return null;
    return refusal(401, 'Unauthorized', 'Expected the header Authorization: Bearer with a valid key.');
  }
  if (headers['user-interviews-apikey'] === apiKey) return null;
  return refusal(401, 'Unauthorized', 'Expected the header user-interviews-apikey with a valid key.');
}

function plainUtf8(headers: IncomingHttpHeaders): boolean {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return charset.toLowerCase() === 'utf-8' && (headers['content-encoding'] ?? 'identity') === 'identity';
}
