import { expect } from 'chai';
import { classifyFailure, isAmbiguous, isRetryable } from '../../../../src/destination/http/request-failure.ts';
import type { RequestFailure } from '../../../../src/destination/http/request-failure.ts';

describe('failure', () => {
  const codes: readonly [string | null, RequestFailure][] = [
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['ECONNRESET', 'connection_lost'],
    ['EPIPE', 'connection_lost'],
    ['EHOSTUNREACH', 'connection_lost'],
    ['ETIMEDOUT', 'connection_lost'],
    ['HPE_INVALID_CONSTANT', 'connection_lost'],
    ['Z_DATA_ERROR', 'connection_lost'],
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'connection_lost'],
    ['SOMETHING_NEW', 'connection_lost'],
    [null, 'connection_lost'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
  ];
  for (const [code, failure] of codes) {
    it(`reads ${code ?? 'an error without a code'} as ${failure}`, () => {
      expect(classifyFailure(code, { started: false })).to.equal(failure);
    });
  }

  it('takes every failure after the first byte for a lost connection', () => {
    for (const [code] of codes) expect(classifyFailure(code, { started: true })).to.equal('connection_lost');
  });

  it('rules out that the Hub got the batch only where no request can have left', () => {
    const failures: readonly RequestFailure[] = [
      'unreachable',
      'tls',
      'timeout',
      'connection_lost',
      'answer_too_large',
    ];
    expect(failures.filter((failure) => !isAmbiguous(failure))).to.deep.equal(['unreachable', 'tls']);
    expect(failures.filter((failure) => !isRetryable(failure))).to.deep.equal(['tls']);
  });
});
