import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip' | 'identity';

const preferred = ['br', 'gzip'] as const;

/** The best encoding that a client accepts. */
export function acceptedEncoding(header = ''): Encoding {
  const accepted = header.split(',').map((part) => part.trim().toLowerCase());
  return (
    preferred.find((encoding) =>
      accepted.some((part) => part === encoding || (part.startsWith(`${encoding};`) && !/;\s*q=0(\.0*)?$/.test(part))),
    ) ?? 'identity'
  );
}

export async function compress(content: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'br') return promisify(brotliCompress)(content);
  if (encoding === 'gzip') return promisify(gzip)(content, { level: 9 });
  return content;
}
