import { PanelsyncError } from './errors.ts';

/** How a run ends that can record nothing more. */
export function stateConnectionLost(): PanelsyncError {
  return new PanelsyncError({
    code: 'state_lost',
    recovery: 'retriable',
    message: 'The connection to the state database was lost during the run; sending stopped at once.',
    hint: 'Run again when the database answers: batches in flight are resolved first, nothing is lost.',
  });
}

/** How a run ends whose sync another process has taken over. */
export function leaseLost(): PanelsyncError {
  return new PanelsyncError({
    code: 'lock_lost',
    recovery: 'busy',
    message: 'Another process took this sync over; this one stopped sending at once.',
    hint: 'See panelsync runs for the other run. It resolves what was in flight here.',
  });
}
