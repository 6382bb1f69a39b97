import type { AlertSettings } from '../core/settings.ts';
import { sendEmail } from './email.ts';
import { renderBody } from './message.ts';
import type { AlertMessage } from './message.ts';
import { renderEvent } from './pagerduty.ts';
import { post } from './webhook.ts';
import type { PostResult } from './webhook.ts';

/** Sends one message in the way of its target. */
export function deliver(alert: AlertSettings, message: AlertMessage, signal: AbortSignal): Promise<PostResult> {
  switch (alert.format) {
    case 'json':
    case 'slack':
      return post(alert.url, renderBody(message, alert.format), { signal });
    case 'pagerduty':
      return post(alert.url, renderEvent(message, alert), { signal, secret: alert.routingKey });
    case 'email':
      return sendEmail(alert, message, { signal });
  }
}

/** Sends a test message; PagerDuty's incident is resolved again. */
export async function sendTestMessage(
  alert: AlertSettings,
  { pageUrl, signal }: { readonly pageUrl: string | null; readonly signal: AbortSignal },
): Promise<PostResult> {
  const nothing = {
    sync: '',
    previous: 'ok',
    run: null,
    lastSuccessAt: null,
    unusual: [],
    freshness: null,
    pageUrl,
  } as const;
  const message = { ...nothing, kind: 'test', stateId: `test/${alert.name}` } as const;
  const result = await deliver(alert, message, signal);
  if (!result.ok || alert.format !== 'pagerduty') return result;
  return deliver(alert, { ...message, kind: 'recovered' }, signal);
}
