import { PassThrough } from 'node:stream';
import { noSkips } from '../../src/core/types.ts';
import type { RunReport } from '../../src/core/types.ts';
import { createTerminal } from '../../src/lib/terminal.ts';
import type { Terminal } from '../../src/lib/terminal.ts';

/** A report of a run in which nothing happened, but for these. */
export function reportWith(changes: Partial<RunReport> = {}): RunReport {
  return {
    runId: '7',
    sync: 'panel',
    mode: 'upsert',
    trigger: 'manual',
    status: 'succeeded',
    startedAt: '2026-01-31T13:00:00.000Z',
    finishedAt: '2026-01-31T13:00:01.500Z',
    rows: {
      read: 0,
      duplicate: 0,
      invalid: 0,
      unchanged: 0,
      skipped: 0,
      inserted: 0,
      updated: 0,
      rejected: 0,
      unsent: 0,
      removed: 0,
    },
    skips: noSkips,
    requests: { sent: 0, retried: 0, rateLimited: 0, split: 0 },
    notes: [],
    error: null,
    ...changes,
  };
}

/** A terminal that keeps what it writes; `isTTY` says whether somebody sits before it. */
export function keptTerminal(isTTY: boolean): {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
} {
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  return { terminal: createTerminal({ stdout, stderr }), out: () => taken(stdout), err: () => taken(stderr) };
}

function taken(stream: PassThrough): string {
  return String(stream.read() ?? '');
}
