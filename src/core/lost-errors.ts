import { PanelsyncError } from './errors.ts';

/** How a run ends that can record nothing more. */
export function stateConnectionLost(): PanelsyncError {
  return new PanelsyncError({
    code: 'state_lost',
    recovery: 'retriable',
    message: 'The connection to the state database was lost during the run; sending stopped.',
    hint: 'Run again when the database answers: batches in flight are resolved first, and nothing is lost.',
  });
}

/** How a run ends whose sync another process has taken over. */
export function leaseLost(): PanelsyncError {
  return new PanelsyncError({
    code: 'lock_lost',
    recovery: 'busy',
    message: 'Another process has taken over this sync; this run stopped sending.',
    hint: 'Look at the other run with panelsync runs. It resolves the batches that were in flight here.',
  });
}
