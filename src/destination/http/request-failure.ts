/** Why a request got no whole response. */
export type RequestFailure = 'unreachable' | 'tls' | 'timeout' | 'connection_lost' | 'answer_too_large';

const unreachableCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

// Verification codes of OpenSSL as Node names them, Node's own, and a server that speaks no TLS at all.
const tlsCodes =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_C|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$|ERR_TLS_CERT_|ERR_SSL_WRONG_VERSION_NUMBER$|EPROTO$)/;

/**
 * What the system's code of a failed request means. Once a part of the request was handed to the connection
 * (`started`), and with every unknown code, the connection counts as lost: the outcome is unknown.
 */
export function classifyFailure(code: string | null, { started }: { readonly started: boolean }): RequestFailure {
  if (code === null || started) return 'connection_lost';
  if (unreachableCodes.has(code)) return 'unreachable';
  return tlsCodes.test(code) ? 'tls' : 'connection_lost';
}

/** Whether the same request may succeed a moment later; a bad certificate stays bad. */
export function isRetryable(failure: RequestFailure): boolean {
  return failure !== 'tls';
}

/** Whether the server may have received the whole request and acted on it. */
export function isAmbiguous(failure: RequestFailure): boolean {
  return failure !== 'unreachable' && failure !== 'tls';
}
