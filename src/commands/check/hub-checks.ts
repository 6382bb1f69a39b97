import type { App } from '../../app.ts';
import { isLocalHub, profileStanding } from '../../app/wire-profile-status.ts';
import { asPanelsyncError } from '../../core/errors.ts';
import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import { characteristicFaults, characteristicsError } from '../../sync/deliver/characteristics-check.ts';
import { exitCodes } from '../command.ts';
import { ok, skipped } from './check-result.ts';
import type { Finding } from './check-result.ts';

/** What the Hub says of its characteristics: asked for once, by the first sync that maps some. */
export type AskedCharacteristics = () => Promise<readonly HubCharacteristic[] | null>;

export function askOnce(app: App, signal: AbortSignal): AskedCharacteristics {
  let asked: ReturnType<AskedCharacteristics> | null = null;
  return () => (asked ??= app.destination('alone').characteristics(signal));
}

/** The slugs and types of a sync's mapping against those that the Hub defines. */
export async function checkCharacteristics(
  projection: Projection,
  ask: AskedCharacteristics,
): Promise<readonly Finding[]> {
  const { sync, characteristics } = projection;
  if (characteristics.length === 0) return [];
  const name = `characteristics of ${sync.name}`;
  let defined: readonly HubCharacteristic[] | null;
  try {
    defined = await ask();
  } catch (error) {
    const { message, recovery } = asPanelsyncError(error);
    if (recovery === 'canceled') throw error;
    return [skipped(name, `not looked at: ${message}`)];
  }
  if (defined === null) return [skipped(name, 'not looked at: the Hub does not tell which characteristics it has')];
  const faults = characteristicFaults(projection, defined);
  if (faults.length === 0) {
    return [ok(name, `the Hub has every slug of the mapping (${characteristics.length}), with a type that fits`)];
  }
  const { hint } = characteristicsError(faults, defined);
  return faults.map(({ path, message }) => ({
    check: { name, status: 'fault', message: `${path}: ${message}`, hint },
    exitCode: exitCodes.usage,
  }));
}

/** What the last canary said of the wire profile; nobody is asked. Of a Hub on this machine there is nothing to say. */
export async function checkProfile(app: App): Promise<readonly Finding[]> {
  if (isLocalHub(app)) return [];
  const name = 'wire profile';
  try {
    const current = (await app.hasState()) && (await isCurrent(app));
    const { verdict, note } = await profileStanding(app, current);
    if (note === null) return [ok(name, `${verdict} by a canary`)];
    const hint = 'panelsync canary <sync> --email <e-mail of a test person>';
    return [{ check: { name, status: 'warning', message: note, hint }, exitCode: exitCodes.ok }];
  } catch (error) {
    if (asPanelsyncError(error).recovery === 'canceled') throw error;
    return [skipped(name, 'not looked at: the state is at fault')];
  }
}

async function isCurrent(app: App): Promise<boolean> {
  const state = await app.state();
  if ((await state.schemaVersion()) === 0) return false;
  await state.requireCurrent();
  return true;
}
