import type { App } from '../../app.ts';
import { recordAction } from '../../app/record-action.ts';
import type { Pause, ScheduleStore } from '../../core/ports/schedule-store.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { currentUser } from '../../lib/current-user.ts';
import { argumentAt, reasonOption } from '../shared/options.ts';
import { pauseText } from '../shared/format.ts';

/** What `pause --json` and `resume --json` say. */
interface PauseResult {
  readonly sync: string;
  readonly paused: boolean;
  /** The pause that holds now, or that `resume` ended. */
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

function pauseResult(sync: string, paused: boolean, pause: Pause | null): PauseResult {
  const { at = null, by = null, reason = null } = pause ?? {};
  return { sync, paused, pausedAt: at, pausedBy: by, pauseReason: reason };
}

async function openSchedules(app: App): Promise<ScheduleStore> {
  return (await app.migratedState()).schedules;
}

async function runPause(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const { name: sync } = app.sync(argumentAt(input, 0));
  const reason = reasonOption(input);
  const pause = await (await openSchedules(app)).pause(sync, { by: currentUser(), reason });
  await recordAction(app, { action: 'pause', sync, reason });
  printResult(
    context,
    pauseResult(sync, true, pause),
    () =>
      `Paused ${sync}. Until panelsync resume ${sync}, only panelsync run ${sync} starts it; a run in progress continues.`,
  );
  return exitCodes.ok;
}

async function runResume(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const { name: sync } = app.sync(argumentAt(input, 0));
  const endedPause = await (await openSchedules(app)).resume(sync);
  if (endedPause !== null) await recordAction(app, { action: 'resume', sync });
  printResult(context, pauseResult(sync, false, endedPause), () =>
    endedPause === null ? `${sync} was not paused.` : `Resumed ${sync}. It had been ${pauseText(endedPause)}`,
  );
  return exitCodes.ok;
}

const args = [{ name: '<sync>', description: 'name of the sync' }] as const;

export const pauseCommand: Command = {
  name: 'pause',
  summary: 'Pauses a sync; only an explicit run starts it',
  args,
  options: [{ flags: '--reason <text>', description: 'reason, shown by panelsync status' }],
  run: runPause,
};

export const resumeCommand: Command = {
  name: 'resume',
  summary: 'Ends a pause',
  args,
  options: [],
  run: runResume,
};
