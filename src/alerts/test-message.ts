import { renderBody } from './message.ts';
import { post } from './webhook.ts';
import type { PostResult, Webhook } from './webhook.ts';

/** Sends a test message to a webhook. */
export function sendTestMessage(webhook: Webhook, signal: AbortSignal): Promise<PostResult> {
  const message = { kind: 'test', sync: '', previous: 'ok', run: null, lastSuccessAt: null } as const;
  return post(webhook, renderBody(message, webhook.format), { signal });
}
