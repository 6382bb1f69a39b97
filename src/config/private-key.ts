import { createPrivateKey } from 'node:crypto';

const pemPattern = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/s;
const base64Pattern = /^[A-Za-z0-9+/]{40,}={0,2}$/;

/**
 * A private key as PEM, whatever a container platform or a form made of its line breaks: one line with `\n` written
 * out, spaces for breaks, base64 of the whole, or the base64 of the key alone. Anything else stays as it is.
 */
export function normalizePrivateKey(text: string): string {
  const unquoted = text.trim().replace(/^(["'])(.*)\1$/s, '$2');
  const [, label, body] = pemPattern.exec(unquoted.replaceAll(/(?:\\r)?\\n/g, '\n')) ?? [];
  if (label !== undefined && body !== undefined) {
    // The header lines of an older form end with an empty line, so theirs are kept.
    return body.includes(':') ? `-----BEGIN ${label}-----${body}-----END ${label}-----\n` : toPem(label, body);
  }
  const compact = unquoted.replaceAll(/\s+/g, '');
  if (!base64Pattern.test(compact)) return text;
  const bytes = Buffer.from(compact, 'base64');
  if (bytes.includes('-----BEGIN ')) return normalizePrivateKey(bytes.toString('utf8'));
  const derLabel = labelOfDer(bytes);
  return derLabel === null ? text : toPem(derLabel, compact);
}

function toPem(label: string, body: string): string {
  const lines = body.replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** A key is a sequence; its first elements tell its kind: a version and an algorithm, or an algorithm alone. */
function labelOfDer(bytes: Buffer): string | null {
  const [sequence, integer] = [0x30, 0x02];
  if (bytes[0] !== sequence || bytes[1] !== 0x82) return null;
  if (bytes[4] === sequence) return 'ENCRYPTED PRIVATE KEY';
  if (bytes[4] !== integer) return null;
  return bytes[7] === sequence ? 'PRIVATE KEY' : 'RSA PRIVATE KEY';
}

/** Why a private key cannot sign a login, without a word of the key. */
export function privateKeyProblem(
  text: string,
  passphrase: string,
): { readonly message: string; readonly hint: string } | null {
  const pem = normalizePrivateKey(text);
  try {
    const key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === '' ? {} : { passphrase }) });
    if (key.asymmetricKeyType === 'rsa') return null;
    return { message: 'is no RSA key', hint: 'Snowflake takes RSA keys of 2048 bits or more.' };
  } catch {
    if (pem.includes('ENCRYPTED') && passphrase === '') {
      return { message: 'is an encrypted key', hint: 'Add privateKeyPassphrase, which opens it.' };
    }
    if (pem.includes('ENCRYPTED')) {
      const hint = 'Correct the passphrase, or name another key.';
      return { message: 'cannot be opened with privateKeyPassphrase', hint };
    }
    const hint = 'Use PEM text that begins with -----BEGIN PRIVATE KEY----- (or ENCRYPTED PRIVATE KEY), or its base64.';
    return { message: 'is no private key in PEM form', hint };
  }
}
