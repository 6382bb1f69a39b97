import { bodyOf } from './message.ts';
import { post } from './webhook.ts';
import type { Posted, Webhook } from './webhook.ts';

/** Sends a webhook a message that says it is a test, and tells what came back. */
export function sendTest(webhook: Webhook, signal: AbortSignal): Promise<Posted> {
  const message = { kind: 'test', sync: '', previous: 'ok', run: null, lastSuccessAt: null } as const;
  return post(webhook, bodyOf(message, webhook.format), { signal });
}
