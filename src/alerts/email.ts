import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { AlertTarget } from '../core/settings.ts';
import { linkSignals } from '../lib/async/linked-signal.ts';
import { untilAborted } from '../lib/async/until-aborted.ts';
import { pluralize } from '../lib/format.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { systemCode } from '../lib/system-code.ts';
import { renderText } from './message.ts';
import type { AlertMessage } from './message.ts';
import type { PostResult } from './webhook.ts';

type EmailTarget = Extract<AlertTarget, { format: 'email' }>;

const defaultTimeoutMs = 20_000;

/**
 * The mail server as its URL describes it. `smtps` is TLS from the start. `smtp` insists on STARTTLS before anything
 * that matters is said, but to a server on this machine.
 */
export function transportOptions(url: string, timeoutMs: number): SMTPTransport.Options {
  const { protocol, hostname, port, username, password } = new URL(url);
  const isSecure = protocol === 'smtps:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: port === '' ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    requireTLS: !isSecure && !isLoopbackHost(host),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Sends one message. Servers repeat addresses and users in what they answer, so only the code of an answer is shown. */
export async function sendEmail(
  { url, from, to }: EmailTarget,
  message: AlertMessage,
  { signal, timeoutMs = defaultTimeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<PostResult> {
  const { host } = new URL(url);
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOptions(url, timeoutMs));
  const link = linkSignals([signal]);
  const timer = setTimeout(link.abort, timeoutMs);
  const text = renderText(message);
  const [subject = ''] = text.split('\n');
  const headers = { 'Auto-Submitted': 'auto-generated' };
  const response = transport.sendMail({ from, to: [...to], subject, text, headers }).then(
    () => ({ ok: true, response: `${host} accepted the message for ${pluralize(to.length, 'recipient')}` }),
    (error: unknown) => ({ ok: false, response: `${host} ${describeFailure(error)}` }),
  );
  try {
    await untilAborted(response, link.signal);
    if (!link.signal.aborted) return await response;
    return { ok: false, response: `${host} ${signal.aborted ? 'was not waited for' : 'did not answer in time'}` };
  } finally {
    clearTimeout(timer);
    link.release();
    transport.close();
  }
}

/** By the codes of nodemailer, of the system, and of what the server answered. */
function describeFailure(error: unknown): string {
  const code = systemCode(error) ?? 'unknown';
  const { originalCode, responseCode }: MailError = Object(error);
  if (responseCode !== undefined) return `refused the ${code === 'EAUTH' ? 'login' : 'message'} (${responseCode})`;
  if (code === 'ETLS') return 'offers no STARTTLS';
  return code === 'ETIMEDOUT' ? 'did not answer in time' : `cannot be reached (${originalCode ?? code})`;
}

/** What nodemailer adds to errors. */
interface MailError {
  readonly originalCode?: string;
  readonly responseCode?: number;
}
