import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { normalizePrivateKey, privateKeyProblem } from '../../../src/config/private-key.ts';

const passphrase = 'open-sesame';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const cipher = 'aes-256-cbc';

const keys: Readonly<Record<string, string>> = {
  'PKCS#8': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'encrypted PKCS#8': privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase }).toString(),
  'PKCS#1': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
};

/** What container platforms, forms and other tools make of a key. */
const forms: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'with Windows line breaks': (pem) => pem.replaceAll('\n', '\r\n'),
  'without the line break at its end': (pem) => pem.trim(),
  'with white space around it': (pem) => `\n  ${pem}\n\n`,
  'in one line with \\n': (pem) => pem.replaceAll('\n', '\\n'),
  'in one line with \\r\\n': (pem) => pem.replaceAll('\n', '\\r\\n'),
  'in quotes with \\n': (pem) => `"${pem.replaceAll('\n', '\\n')}"`,
  'with spaces for breaks': (pem) => pem.trim().replaceAll('\n', ' '),
  'without any breaks': (pem) => pem.replaceAll('\n', ''),
  'as base64': (pem) => Buffer.from(pem).toString('base64'),
  'as base64 in lines': (pem) =>
    (
      Buffer.from(pem)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\n'),
  'as the base64 between its markers': (pem) => pem.replaceAll(/-----[A-Z ]+-----|\n/g, ''),
};

describe('a private key', () => {
  for (const [kind, pem] of Object.entries(keys)) {
    for (const [form, transform] of Object.entries(forms)) {
      it(`of ${kind} is understood ${form}`, () => {
        const normalized = normalizePrivateKey(transform(pem));
        const key = createPrivateKey({ key: normalized, passphrase });
        expect(key.equals(privateKey)).to.equal(true);
        expect(privateKeyProblem(transform(pem), kind.startsWith('encrypted') ? passphrase : '')).to.equal(null);
      });
    }
  }

  it('in an older encrypted form keeps its header lines', () => {
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem', cipher, passphrase }).toString();
    expect(pem).to.contain('Proc-Type');
    for (const text of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64')]) {
      expect(privateKeyProblem(text, passphrase)).to.equal(null);
    }
  });

  it('that is none stays as it is and is refused', () => {
    for (const text of ['', 'abc', 'not a key', 'a'.repeat(100), '-----BEGIN PRIVATE KEY----- hunter2']) {
      expect(normalizePrivateKey(text)).to.equal(text);
      const problem = privateKeyProblem(text, '');
      expect(problem?.message).to.equal('is no private key in PEM form');
      expect(JSON.stringify(problem)).not.to.contain('hunter2');
    }
  });
});
