import { hostname, userInfo } from 'node:os';
import type { App } from '../../app.ts';
import type { Pause, ScheduleStore } from '../../core/ports/schedule-store.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, stringOption } from '../shared/options.ts';
import { pauseText } from '../shared/report-text.ts';

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
  const openState = await app.state();
  await openState.migrate();
  return openState.schedules;
}

/** The user of the operating system; some containers run under a number without a name. */
function currentUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `user ${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}

async function runPause(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const { name: sync } = app.sync(argumentAt(input, 0));
  const reason = stringOption(input, 'reason')?.trim() ?? '';
  const pause = await (
    await openSchedules(app)
  ).pause(sync, { by: currentUser(), reason: reason === '' ? null : reason });
  printResult(
    context,
    pauseResult(sync, true, pause),
    () =>
      `${sync} is ${pauseText(pause)}. Nothing starts it but panelsync run ${sync}, until panelsync resume ${sync}; a run that is under way goes on.`,
  );
  return exitCodes.ok;
}

async function runResume(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const { name: sync } = app.sync(argumentAt(input, 0));
  const endedPause = await (await openSchedules(app)).resume(sync);
  printResult(context, pauseResult(sync, false, endedPause), () =>
    endedPause === null ? `${sync} was not paused.` : `${sync} goes on; it was ${pauseText(endedPause)}.`,
  );
  return exitCodes.ok;
}

const args = [{ name: '<sync>', description: 'name of the sync' }] as const;

export const pauseCommand: Command = {
  name: 'pause',
  summary: 'Lets nothing start a sync but run <sync>, until it is resumed',
  args,
  options: [{ flags: '--reason <text>', description: 'why, for whoever reads panelsync status' }],
  run: runPause,
};

export const resumeCommand: Command = {
  name: 'resume',
  summary: 'Ends a pause',
  args,
  options: [],
  run: runResume,
};
