import type { RunStatus } from '../../core/model/terms.ts';
import type { SyncState } from '../api/documents.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';

export type Tone = 'good' | 'active' | 'warn' | 'bad' | 'quiet';

interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly words: string;
}

const syncStates: Readonly<Record<SyncState, Look>> = {
  healthy: { tone: 'good', icon: 'check', words: 'Healthy' },
  running: { tone: 'active', icon: 'running', words: 'Running' },
  refused: { tone: 'warn', icon: 'warning', words: 'Rows refused' },
  overdue: { tone: 'warn', icon: 'clock', words: 'Overdue' },
  stale: { tone: 'warn', icon: 'clock', words: 'Stale data' },
  stopped: { tone: 'bad', icon: 'hand', words: 'Stopped by a guard' },
  failing: { tone: 'bad', icon: 'cross', words: 'Failing' },
  paused: { tone: 'quiet', icon: 'pause', words: 'Paused' },
  new: { tone: 'quiet', icon: 'circle', words: 'No runs yet' },
};

const runStatuses: Readonly<Record<RunStatus, Look>> = {
  succeeded: { tone: 'good', icon: 'check', words: 'Succeeded' },
  running: { tone: 'active', icon: 'running', words: 'Running' },
  partial: { tone: 'warn', icon: 'warning', words: 'Rows refused' },
  stopped: { tone: 'bad', icon: 'hand', words: 'Stopped by a guard' },
  failed: { tone: 'bad', icon: 'cross', words: 'Failed' },
  canceled: { tone: 'quiet', icon: 'pause', words: 'Canceled' },
};

export function syncStateWords(state: SyncState): string {
  return syncStates[state].words;
}

export function SyncBadge({ state }: { readonly state: SyncState }) {
  return <LookBadge look={syncStates[state]} />;
}

export function RunBadge({ status }: { readonly status: RunStatus }) {
  return <LookBadge look={runStatuses[status]} />;
}

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return <span class={`badge tone-${tone}`}>{children}</span>;
}

function LookBadge({ look: { tone, icon, words } }: { readonly look: Look }) {
  return (
    <span class={`badge tone-${tone}`}>
      <Icon name={icon} spins={icon === 'running'} />
      {words}
    </span>
  );
}
