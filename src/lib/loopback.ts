import { isIPv4 } from 'node:net';

/** Whether a host is this machine itself: 127.0.0.0/8, ::1 (with or without a URL's brackets) or localhost. */
export function isLoopbackHost(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return plain === 'localhost' || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}
