import type { App } from '../../app.ts';
import { isLocalHub, wireProfileStatus } from '../../app/wire-profile-status.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Column } from '../../core/model/terms.ts';
import type { DestinationSettings } from '../../core/settings.ts';
import { characteristicIssues, characteristicsError } from '../../sync/deliver/characteristics-check.ts';
import { exitCodes } from '../command.ts';
import { definitionsText, proposalText } from './characteristics-proposal.ts';
import { passed, skippedCheck } from './check-result.ts';
import type { CheckResult } from './check-result.ts';

/** The characteristics that the Hub defines, requested once, by the first sync that maps some. */
export type CharacteristicsLookup = () => Promise<readonly HubCharacteristic[] | null>;

export function characteristicsLookup(app: App, signal: AbortSignal): CharacteristicsLookup {
  let pending: ReturnType<CharacteristicsLookup> | null = null;
  return () => (pending ??= app.destination('alone').characteristics(signal));
}

function checkName({ name }: Projection['sync']): string {
  return `characteristics of ${name}`;
}

interface CharacteristicsCheck {
  readonly projection: Projection;
  /** Of the model. */
  readonly columns: readonly Column[];
  readonly lookUp: CharacteristicsLookup;
  readonly mode: DestinationSettings['checkCharacteristics'];
}

/** Compares the slugs and types of a sync's mapping with those that the Hub defines, and proposes what to map. */
export async function checkCharacteristics(check: CharacteristicsCheck): Promise<readonly CheckResult[]> {
  const { projection, lookUp, mode } = check;
  const { sync, characteristics } = projection;
  if (mode === 'off') return [];
  const name = checkName(sync);
  let defined: readonly HubCharacteristic[] | null;
  try {
    defined = await lookUp();
  } catch (error) {
    const { message, recovery } = toPanelsyncError(error);
    if (recovery === 'canceled') throw error;
    return characteristics.length === 0 ? [] : [skippedCheck(name, message)];
  }
  if (defined === null && characteristics.length === 0) return [];
  if (defined === null) return [skippedCheck(name, 'the Hub gives no readable list of its characteristics')];
  return matchResults(check, defined);
}

function matchResults(
  { projection, columns, mode }: CharacteristicsCheck,
  defined: readonly HubCharacteristic[],
): readonly CheckResult[] {
  const { sync, characteristics } = projection;
  const name = checkName(sync);
  const issues = characteristicIssues(projection, defined);
  if (issues.length === 0) {
    const message =
      characteristics.length === 0
        ? 'none are mapped'
        : `the Hub has every mapped slug (${characteristics.length}), each with a compatible type`;
    const hint = proposalText(projection, columns, defined);
    return [
      {
        check: { name, status: 'ok', message: `${message}\n${definitionsText(defined)}`, hint },
        exitCode: exitCodes.ok,
      },
    ];
  }
  const { hint } = characteristicsError(issues, defined);
  return issues.map(({ path, message }) => ({
    check: {
      name,
      status: mode === 'stop' ? 'fault' : 'warning',
      message: `${path}: ${message}`,
      hint,
      code: 'characteristics_mismatch',
    },
    exitCode: mode === 'stop' ? exitCodes.usage : exitCodes.ok,
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
