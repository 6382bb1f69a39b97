import type { App } from '../../app.ts';
import { isLocalHub, wireProfileStatus } from '../../app/wire-profile-status.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import { characteristicIssues, characteristicsError } from '../../sync/deliver/characteristics-check.ts';
import { exitCodes } from '../command.ts';
import { passed, skippedCheck } from './check-result.ts';
import type { CheckResult } from './check-result.ts';

/** The characteristics that the Hub defines, requested once, by the first sync that maps some. */
export type CharacteristicsLookup = () => Promise<readonly HubCharacteristic[] | null>;

export function characteristicsLookup(app: App, signal: AbortSignal): CharacteristicsLookup {
  let pending: ReturnType<CharacteristicsLookup> | null = null;
  return () => (pending ??= app.destination('alone').characteristics(signal));
}

/** Compares the slugs and types of a sync's mapping with those that the Hub defines. */
export async function checkCharacteristics(
  projection: Projection,
  lookUp: CharacteristicsLookup,
): Promise<readonly CheckResult[]> {
  const { sync, characteristics } = projection;
  if (characteristics.length === 0) return [];
  const name = `characteristics of ${sync.name}`;
  let defined: readonly HubCharacteristic[] | null;
  try {
    defined = await lookUp();
  } catch (error) {
    const { message, recovery } = toPanelsyncError(error);
    if (recovery === 'canceled') throw error;
    return [skippedCheck(name, message)];
  }
  if (defined === null) return [skippedCheck(name, 'the Hub does not list its characteristics')];
  const issues = characteristicIssues(projection, defined);
  if (issues.length === 0) {
    return [passed(name, `the Hub has every mapped slug (${characteristics.length}), each with a compatible type`)];
  }
  const { hint } = characteristicsError(issues, defined);
  return issues.map(({ path, message }) => ({
    check: { name, status: 'fault', message: `${path}: ${message}`, hint, code: 'characteristics_mismatch' },
    exitCode: exitCodes.usage,
  }));
}

/** The verdict of the last canary on the wire profile; sends nothing. A Hub on this machine needs none. */
export async function checkWireProfile(app: App): Promise<readonly CheckResult[]> {
  if (isLocalHub(app)) return [];
  const name = 'wire profile';
  try {
    const isMigrated = (await app.hasState()) && (await isStateCurrent(app));
    const { verdict, note } = await wireProfileStatus(app, isMigrated);
    if (note === null) return [passed(name, `${verdict} by a canary`)];
    const hint = 'panelsync canary <sync> --email <e-mail of a test person>';
    return [{ check: { name, status: 'warning', message: note, hint }, exitCode: exitCodes.ok }];
  } catch (error) {
    if (toPanelsyncError(error).recovery === 'canceled') throw error;
    return [skippedCheck(name, 'the check of the state failed')];
  }
}

async function isStateCurrent(app: App): Promise<boolean> {
  const state = await app.state();
  if ((await state.schemaVersion()) === 0) return false;
  await state.requireCurrent();
  return true;
}
