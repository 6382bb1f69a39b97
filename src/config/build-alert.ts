import type { AlertSettings, AlertTarget } from '../core/settings.ts';
import type { ValidatedAlert, ValidatedConfig } from './schema/schema.ts';

const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue';

/** Without those that the environment switches off by leaving their secret empty. */
export function buildAlerts(alerts: ValidatedConfig['alerts']): Readonly<Record<string, AlertSettings>> {
  const built: Record<string, AlertSettings> = Object.create(null);
  for (const [name, alert] of Object.entries(alerts)) {
    const target = buildTarget(alert);
    if (target === null) continue;
    const { on, partialPercent, overdueIntervals, syncs } = alert;
    const rules = { on: [...new Set(on)], partialPercent, overdueIntervals };
    built[name] = { name, ...target, ...rules, syncs: syncs === undefined ? null : [...new Set(syncs)] };
  }
  return built;
}

function buildTarget({ format, url, routingKey, from = '', to = [] }: ValidatedAlert): AlertTarget | null {
  if (format === 'pagerduty')
    return routingKey === '' ? null : { format, url: url === '' ? pagerDutyUrl : url, routingKey };
  if (url === '') return null;
  return format === 'email' ? { format, url, from, to: [...new Set(to)] } : { format, url };
}
