import { expect } from 'chai';
import { assert, property, string } from 'fast-check';
import { isLoopbackHost } from '../../../src/lib/loopback.ts';
import { editDistance, nearest } from '../../../src/lib/nearest.ts';
import { isPostgresUrl, isSafeUrl } from '../../../src/config/schema/rules.ts';
import { coerce, maskReferences, substitute, unmaskReferences } from '../../../src/config/yaml/substitution.ts';

describe('the nearest known word', () => {
  it('is the one with the fewest edits, whatever the case', () => {
    expect(nearest('BATCHSIZE', ['baseUrl', 'batchSize'])).to.equal('batchSize');
    expect(nearest('api_key', ['apiKey', 'wire'])).to.equal('apiKey');
    expect(nearest('emial', ['email', 'title'])).to.equal('email');
  });

  it('is none when every word is far away', () => {
    expect(nearest('tls', ['url', 'type'])).to.equal(null);
    expect(nearest('anything', [])).to.equal(null);
  });

  it('is measured the same in both directions, and never by more edits than letters', () => {
    assert(
      property(string(), string(), (from, to) => {
        const distance = editDistance(from, to);
        expect(distance).to.equal(editDistance(to, from));
        expect(distance).to.be.at.most(Math.max(from.length, to.length));
        expect(distance === 0).to.equal(from === to);
      }),
    );
  });
});

describe('references to the environment', () => {
  const env = { NAME: 'value', EMPTY: '', DOLLAR: '${NAME}' };

  it('are replaced once: a value is never read as a reference', () => {
    expect(substitute('a ${NAME} ${DOLLAR} b', env).text).to.equal('a value ${NAME} b');
    expect(substitute('${EMPTY:-x}${NONE:-}', env)).to.deep.equal({ text: 'x', fromEnvironment: true, problems: [] });
  });

  it('are escaped by a second dollar', () => {
    expect(substitute('$${NAME} $NAME', env)).to.deep.equal({
      text: '${NAME} $NAME',
      fromEnvironment: false,
      problems: [],
    });
  });

  it('do not find what every object inherits', () => {
    expect(substitute('${constructor}', env).problems[0]?.message).to.contain('constructor is not set');
  });

  it('come back from behind their mask, and nothing else is touched', () => {
    const text = 'a: ${NAME:-b: "c" # d} # ${x y} $${z}';
    expect(maskReferences(text)).to.match(/^a: [\ue020-\ue07e]+ # \$\{x y\} [\ue020-\ue07e]+$/);
    assert(property(string(), (any) => unmaskReferences(maskReferences(any)) === any));
  });

  it('become numbers and truth values only where they read like one', () => {
    expect(coerce('42', 'integer')).to.equal(42);
    expect(coerce('2.5', 'number')).to.equal(2.5);
    expect(coerce('0x1f', 'number')).to.equal('0x1f');
    expect(coerce('true', 'boolean')).to.equal(true);
    expect(coerce('yes', 'boolean')).to.equal('yes');
    expect(coerce('42', 'string')).to.equal('42');
  });
});

describe('rules of single values', () => {
  it('know the hosts of this machine', () => {
    const own = ['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.9', '::1', '[::1]'];
    const others = ['0.0.0.0', '::', '127.0.0.1.hub.test', '128.0.0.1', 'localhost.hub.test', '[::2]'];
    expect(own.filter((host) => !isLoopbackHost(host))).to.deep.equal([]);
    expect(others.filter(isLoopbackHost)).to.deep.equal([]);
  });

  it('let plain http go to this machine only', () => {
    expect(isSafeUrl('http://[::1]:80/api')).to.equal(true);
    expect(isSafeUrl('http://127.0.0.1:80/api')).to.equal(true);
    expect(isSafeUrl('http://127.0.0.1@hub.test/api')).to.equal(false);
    expect(isSafeUrl('HTTP://hub.test')).to.equal(false);
  });

  it('know addresses of Postgres, sockets too', () => {
    const right = ['postgres://h/d', 'postgresql://u:p%23@h:5432/d?sslmode=require', 'postgres://u:p@/d?host=/run'];
    const wrong = ['h/d', 'mysql://h/d', 'postgres://u:p#x@h/d', 'postgres://h /d', 'postgres://h/d\n', ''];
    expect(right.filter((url) => !isPostgresUrl(url))).to.deep.equal([]);
    expect(wrong.filter(isPostgresUrl)).to.deep.equal([]);
  });
});
