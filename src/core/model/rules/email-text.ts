/** What people and programs put around an e-mail. */

const mailLink = /^mailto:([^?]*)/i;
const namedEmail = /^[^<>]*<([^<>]+)>$/;
const severalEmails = /@[^@]*[\s,;|/][^@]*@/;

/** Address books write `Anna Berg <anna@example.com>`, and pages `mailto:anna@example.com`. */
export function emailInCell(cell: string): string {
  const text = namedEmail.exec(cell.trim())?.[1] ?? cell;
  return mailLink.exec(text.trim())?.[1] ?? text;
}

/** Why a text is no e-mail although it holds one, and what to give instead; `null`: it holds none. */
export function surroundedEmailIssue(text: string): string | null {
  if (!text.includes('@')) return null;
  if (mailLink.test(text)) return 'the e-mail is a link (mailto:): give the address alone';
  if (severalEmails.test(text)) return 'there are several e-mails: give one of them';
  return namedEmail.test(text) ? 'the e-mail has a name beside it: give only what is between < and >' : null;
}
