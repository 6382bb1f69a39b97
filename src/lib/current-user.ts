import { hostname, userInfo } from 'node:os';

/** The user of the operating system, as user@host; in some containers the user has a number only. */
export function currentUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `user ${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}
