import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { badRequestError } from './error-response.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * A cursor names the last item of a page, which may be an e-mail. It is encrypted together with the list that it belongs
 * to: it shows nobody, and one that is damaged, made up or of another list is refused before anything reads it.
 * Every instance behind a proxy, and the next process, reads the cursors of all, since the key comes from the token.
 */
export class Cursors {
  readonly #key: Buffer;
  /** Orders rows whose keys may not be known; see `RowQuery.shuffledBy`. */
  readonly shuffleKey: string;

  /** `null`: nobody else is to read them, and they end with this process. */
  constructor(secret: string | null) {
    const material = secret ?? randomBytes(32);
    const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', material, '', use, 32));
    this.#key = derive('panelsync cursor');
    this.shuffleKey = derive('panelsync order of masked rows').toString('hex');
  }

  /** `list` names the list and all that decides what is in it. */
  encode(list: string, after: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(list));
    const content = Buffer.concat([cipher.update(after, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64url');
  }

  decode(list: string, cursor: string): string {
    const data = Buffer.from(cursor, 'base64url');
    try {
      const decipher = createDecipheriv(algorithm, this.#key, data.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      }).setAAD(Buffer.from(list));
      decipher.setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
      return decipher.update(data.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw badRequestError(
        'The cursor is damaged, or belongs to another list.',
        'Use a cursor as the answer gave it, with the same address and parameters, or start without one.',
      );
    }
  }
}
