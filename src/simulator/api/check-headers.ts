import type { IncomingHttpHeaders } from 'node:http';
import { errorReply } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';

const acceptedMediaTypes: readonly string[] = [
  'application/vnd.user-interviews.v2+json',
  'application/vnd.user-interviews.v2',
];

/** The media types of a header, without their parameters. */
function parseMediaTypes(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').map((part) => (part.split(';')[0] ?? '').trim().toLowerCase());
}

/** Refuses a request whose key or headers are wrong, before its body is parsed; `null`: it may pass. */
export function checkHeaders(hub: SimulatedHub, call: ApiCall): BufferedReply | null {
  const { headers } = call;
  const keyError = checkApiKey(hub, headers);
  if (keyError !== null) return keyError;
  if (!parseMediaTypes(headers.accept).some((type) => acceptedMediaTypes.includes(type))) {
    return errorReply(406, 'Not acceptable', `Expected the header Accept: ${acceptedMediaTypes.join(' or ')}.`);
  }
  if (call.method === 'GET') return null;
  const [type] = parseMediaTypes(headers['content-type']);
  if (type !== 'application/json' || !isUncompressedUtf8(headers)) {
    return errorReply(
      415,
      'Unsupported media type',
      'Expected Content-Type: application/json, in UTF-8 and not compressed.',
    );
  }
  return null;
}

function checkApiKey(hub: SimulatedHub, headers: IncomingHttpHeaders): BufferedReply | null {
  const { apiKey, wire } = hub.options;
  if (wire.auth === 'bearer') {
    if (headers.authorization === `Bearer ${apiKey}`) return null;
    return errorReply(401, 'Unauthorized', 'Expected the header Authorization: Bearer with a valid key.');
  }
  if (headers['user-interviews-apikey'] === apiKey) return null;
  return errorReply(401, 'Unauthorized', 'Expected the header user-interviews-apikey with a valid key.');
}

function isUncompressedUtf8(headers: IncomingHttpHeaders): boolean {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return charset.toLowerCase() === 'utf-8' && (headers['content-encoding'] ?? 'identity') === 'identity';
}
