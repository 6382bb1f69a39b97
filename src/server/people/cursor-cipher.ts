import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Marks an encrypted cursor; plain ones are base64url, which has no such character. */
const prefix = '~';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * A cursor names the last item of a page, which may be an e-mail. Encrypted, it leads masked lists on without showing
 * it. The key comes from the tokens: every instance behind a proxy, and the next process, reads the cursors of all.
 */
export class CursorCipher {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'panelsync cursor', 32));
  }

  encrypt(cursor: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce);
    const content = Buffer.concat([cipher.update(cursor, 'utf8'), cipher.final()]);
    return prefix + Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64url');
  }

  /** Plain cursors, and those that were encrypted otherwise, stay as they are. */
  decrypt(cursor: string): string {
    if (!cursor.startsWith(prefix)) return cursor;
    const data = Buffer.from(cursor.slice(prefix.length), 'base64url');
    try {
      const decipher = createDecipheriv(algorithm, this.#key, data.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
      return decipher.update(data.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return cursor;
    }
  }
}
