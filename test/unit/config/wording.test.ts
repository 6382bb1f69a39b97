import { expect } from 'chai';
import { assert, property, string } from 'fast-check';
import { isLoopbackHost } from '../../../src/lib/loopback.ts';
import { didYouMean } from '../../../src/lib/did-you-mean.ts';
import { isSafeUrl, postgresUrlProblem } from '../../../src/config/schema/rules.ts';
import { coerce, maskReferences, substitute, unmaskReferences } from '../../../src/config/yaml/substitution.ts';

describe('a suggestion', () => {
  it('is the known word with the fewest edits, whatever the case', () => {
    expect(didYouMean('BATCHSIZE', ['baseUrl', 'batchSize'])).to.equal('; did you mean `batchSize`?');
    expect(didYouMean('api_key', ['apiKey', 'wire'])).to.equal('; did you mean `apiKey`?');
    expect(didYouMean('emial', ['title', 'email'])).to.equal('; did you mean `email`?');
  });

  it('is absent when every word is far away', () => {
    expect(didYouMean('tls', ['url', 'type'])).to.equal('');
    expect(didYouMean('anything', [])).to.equal('');
  });
});

describe('references to the environment', () => {
  const env = new Map(
    Object.entries({ NAME: 'value', EMPTY: '', DOLLAR: '${NAME}' }).map(([name, text]) => [name, { text }]),
  );

  it('are replaced once: a value is never read as a reference', () => {
    expect(substitute('a ${NAME} ${DOLLAR} b', env).text).to.equal('a value ${NAME} b');
    expect(substitute('${EMPTY:-x}${NONE:-}', env)).to.deep.equal({ text: 'x', isReference: true, problems: [] });
  });

  it('are escaped by a second dollar', () => {
    expect(substitute('$${NAME} $NAME', env)).to.deep.equal({
      text: '${NAME} $NAME',
      isReference: false,
      problems: [],
    });
  });

  it('do not find what every object inherits', () => {
    expect(substitute('${constructor}', env).problems[0]?.message).to.contain('constructor is not set');
  });

  it('are masked and unmasked without changing anything else', () => {
    const text = 'a: ${NAME:-b: "c" # d} # ${x y} $${z}';
    expect(maskReferences(text)).to.match(/^a: [\ue020-\ue07e]+ # \$\{x y\} [\ue020-\ue07e]+$/);
    assert(property(string(), (any) => unmaskReferences(maskReferences(any)) === any));
  });

  it('become numbers and booleans only if they look like one', () => {
    expect(coerce('42', 'int')).to.equal(42);
    expect(coerce('2.5', 'number')).to.equal(2.5);
    expect(coerce('0x1f', 'number')).to.equal('0x1f');
    expect(coerce('true', 'boolean')).to.equal(true);
    expect(coerce('yes', 'boolean')).to.equal('yes');
    expect(coerce('42', 'string')).to.equal('42');
  });
});

describe('rules of single values', () => {
  it('recognize loopback hosts', () => {
    const own = ['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.9', '::1', '[::1]'];
    const others = ['0.0.0.0', '::', '127.0.0.1.hub.test', '128.0.0.1', 'localhost.hub.test', '[::2]'];
    expect(own.filter((host) => !isLoopbackHost(host))).to.deep.equal([]);
    expect(others.filter(isLoopbackHost)).to.deep.equal([]);
  });

  it('allow plain http to loopback only', () => {
    expect(isSafeUrl('http://[::1]:80/api')).to.equal(true);
    expect(isSafeUrl('http://127.0.0.1:80/api')).to.equal(true);
    expect(isSafeUrl('http://127.0.0.1@hub.test/api')).to.equal(false);
    expect(isSafeUrl('HTTP://hub.test')).to.equal(false);
  });

  it('accept URLs of Postgres, also with sockets', () => {
    const right = [
      'postgres://h/d',
      'postgresql://u:p%23@h:5432/d?sslmode=require',
      'postgres://u:p@/d?host=/run',
      'postgres://u:p@ss@h/d',
      'postgres://h:5432/d?application_name=a@b',
      'postgres://u:p@[::1]:5432/d?options=x@y',
    ];
    expect(right.filter((url) => postgresUrlProblem(url) !== null)).to.deep.equal([]);
    const wrong = ['h/d', 'mysql://h/d', 'postgres://h /d', 'postgres://h/d\n', 'postgres://u@h:port/d'];
    for (const url of wrong) expect(postgresUrlProblem(url)?.message, url).to.match(/^must be a URL/);
  });

  it('suspect an unencoded character in a password without showing the password', () => {
    const urls: Readonly<Record<string, readonly string[]>> = {
      '#': ['postgres://u:hun#ter@h/d', 'postgres://u:9#ter@h:5432/d', 'postgres://u:h@n#ter@h/d', 'postgres://h/d#x'],
      '/': [
        'postgres://u:hun/ter@h/d',
        'postgres://u:9/ter@h/d',
        'postgres://u:h@n/ter@h/d',
        'postgres://u:h/n#ter@h/d',
      ],
      '?': ['postgres://u:hun?ter@h/d', 'postgres://u:9?ter@h/d', 'postgres://u:hun?a=ter@h/d'],
      '%': ['postgres://u:100%sure@h/d', 'postgres://u:hun%@h/d'],
    };
    for (const [character, examples] of Object.entries(urls)) {
      for (const url of examples) {
        const problem = postgresUrlProblem(url);
        expect(problem?.message, url).to.contain(`\`${character}\``);
        expect(problem?.hint, url).to.contain(encodeURIComponent(character));
        expect(JSON.stringify(problem)).not.to.match(/hun|ter@/);
      }
    }
  });
});
