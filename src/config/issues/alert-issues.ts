import { isHttpUrl, isMailServer } from '../schema/rules.ts';
import type { Setting } from '../setting.ts';
import { isMapping } from '../setting.ts';
import type { ConfigIssue } from './issues.ts';

type Issues = readonly ConfigIssue[];

/** The settings that only one format has; it needs them. */
const ownSettings: Readonly<Record<string, readonly string[]>> = { pagerduty: ['routingKey'], email: ['from', 'to'] };

const hints: Readonly<Record<string, string>> = {
  url: 'Set it to the address that messages are posted to; ${NAME:-} switches the webhook off where NAME is not set.',
  routingKey: 'Set it to the integration key of the service; ${NAME:-} switches the alert off where NAME is not set.',
  from: 'Set it to the sender, such as panelsync@example.com.',
  to: 'Set it to a list of addresses.',
};

/** Issues of an alert whose settings do not fit its format. */
export function alertIssues(alert: Setting): Issues {
  if (!isMapping(alert.value)) return [];
  const format = alert.at('format').text;
  const required = [...(format === 'pagerduty' ? [] : ['url']), ...(ownSettings[format] ?? [])];
  const missing = required.map((name) => alert.at(name)).filter(({ location }) => location === null);
  return [
    ...missing.map((setting) => setting.issue('is required', hints[setting.name] ?? null)),
    ...Object.entries(ownSettings).flatMap(([owner, names]) =>
      owner === format ? [] : foreignIssues(alert, owner, names),
    ),
    ...schemeIssues(alert.at('url'), format),
  ];
}

function foreignIssues(alert: Setting, owner: string, names: readonly string[]): Issues {
  return names
    .map((name) => alert.at(name))
    .filter(({ isPresent }) => isPresent)
    .map((setting) => setting.issue(`is for format ${owner} only`, `Remove it, or set format: ${owner}.`));
}

function schemeIssues(url: Setting, format: string): Issues {
  if (format === 'email' && isHttpUrl(url.text))
    return [url.issue('must be a mail server', 'Write it as in smtp://user:password@mail.example.com:587.')];
  if (format !== 'email' && isMailServer(url.text))
    return [url.issue('is a mail server', 'Set format: email, or the address of a webhook.')];
  return [];
}
