import { expect } from 'chai';
import { parsePostgresError } from '../../../src/lib/postgres-error.ts';
import type { PostgresErrorInfo } from '../../../src/lib/postgres-error.ts';

function thrown(code: string, message = 'what the server said', more: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

describe('fault of a Postgres connection', () => {
  const kinds: readonly [string, PostgresErrorInfo['kind']][] = [
    ['08006', 'unreachable'],
    ['08P01', 'unreachable'],
    ['28P01', 'login'],
    ['28000', 'login'],
    ['3D000', 'missing'],
    ['3F000', 'missing'],
    ['42501', 'rights'],
    ['25006', 'read_only'],
    ['53100', 'full'],
    ['53200', 'full'],
    ['53300', 'unreachable'],
    ['53400', 'busy'],
    ['40001', 'busy'],
    ['40P01', 'busy'],
    ['55P03', 'busy'],
    ['25P03', 'busy'],
    ['58030', 'busy'],
    ['57P02', 'unreachable'],
    ['57P05', 'unreachable'],
    ['57014', 'canceled'],
    ['57P01', 'unreachable'],
    ['57P03', 'unreachable'],
    ['42P01', 'statement'],
    ['22012', 'statement'],
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EPIPE', 'unreachable'],
  ];
  for (const [code, kind] of kinds) {
    it(`with the code ${code} is of the kind ${kind}`, () => {
      expect(parsePostgresError(thrown(code))).to.deep.include({ code, kind });
    });
  }

  it('knows a statement that ran too long from one that was canceled', () => {
    const timeout = thrown('57014', 'canceling statement due to statement timeout');
    expect(parsePostgresError(timeout).kind).to.equal('timeout');
    expect(parsePostgresError(thrown('57014', 'canceling statement due to user request')).kind).to.equal('canceled');
    expect(parsePostgresError(thrown('42601', 'syntax error at "statement timeout"')).kind).to.equal('statement');
  });

  it('tells the place in the statement', () => {
    expect(parsePostgresError(thrown('42703', 'no such column', { position: '17' })).position).to.equal(17);
    expect(parsePostgresError(thrown('42703')).position).to.equal(null);
  });

  it('says of the network what it means, and otherwise what it was told', () => {
    expect(parsePostgresError(thrown('ECONNREFUSED')).message).to.equal('connection refused');
    expect(parsePostgresError(thrown('CERT_HAS_EXPIRED')).message).to.equal('its certificate has expired');
    expect(parsePostgresError(new Error('Connection terminated unexpectedly'))).to.deep.equal({
      code: 'no_connection',
      kind: 'unreachable',
      message: 'Connection terminated unexpectedly',
      routine: '',
      position: null,
    });
    expect(parsePostgresError(new Error(''))).to.have.property('message', 'connection failed');
  });

  it('tells what a login, TLS and its files want from a server that is not there', () => {
    const missing = Object.assign(thrown('ENOENT', "ENOENT: no such file or directory, open '/ca.pem'"), {
      syscall: 'open',
    });
    const told: readonly (readonly [Error, PostgresErrorInfo['kind'], string])[] = [
      [
        new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
        'login',
        'a password is required, and the URL has none',
      ],
      [new Error('The server does not support SSL connections'), 'tls', 'the server does not support TLS'],
      [thrown('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', 'its certificate is self-signed'],
      [missing, 'tls', 'a file that the URL names cannot be read'],
      [thrown('ENOENT', 'connect ENOENT /tmp/.s.PGSQL.5432'), 'unreachable', 'connect ENOENT /tmp/.s.PGSQL.5432'],
    ];
    for (const [error, kind, message] of told) expect(parsePostgresError(error)).to.include({ kind, message });
  });

  it('takes an error over a connection that still stands for one of the statement', () => {
    expect(parsePostgresError(thrown('08001', 'could not establish connection', { severity: 'ERROR' })).kind).to.equal(
      'statement',
    );
    expect(parsePostgresError(thrown('08P01', 'no such database', { severity: 'FATAL' })).kind).to.equal('unreachable');
  });

  it('looks into the first of several errors', () => {
    const both = new AggregateError([thrown('ECONNREFUSED', '::1'), thrown('ETIMEDOUT', '127.0.0.1')]);
    expect(parsePostgresError(both)).to.have.property('code', 'ECONNREFUSED');
    expect(parsePostgresError(new AggregateError([], 'none'))).to.have.property('message', 'none');
  });

  it('takes what is no error at all', () => {
    for (const odd of [null, undefined, 'cut', 7])
      expect(parsePostgresError(odd)).to.include({ code: 'no_connection', kind: 'unreachable' });
    expect(parsePostgresError({})).to.have.property('message', 'connection failed');
  });
});
