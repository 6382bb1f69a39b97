import { expect } from 'chai';
import { ProgressLines } from '../../../../src/commands/shared/progress-lines.ts';
import type { ProgressUpdate } from '../../../../src/commands/shared/progress-lines.ts';

type Update = Pick<ProgressUpdate, 'step' | 'done' | 'total'>;

/** What is written for updates at these times. */
function linesOf(updates: readonly (readonly [atMs: number, Update])[], stoppedAtMs: number): readonly object[] {
  let nowMs = 0;
  const lines: object[] = [];
  const display = new ProgressLines(
    (line) => void lines.push(JSON.parse(line)),
    () => nowMs,
  );
  for (const [atMs, update] of updates) {
    nowMs = atMs;
    display.show({ sync: 'panel', runId: '17', ...update });
  }
  nowMs = stoppedAtMs;
  display.stop();
  return lines;
}

const send = (done: number): Update => ({ step: 'send', done, total: 120 });

describe('progress as JSON lines', () => {
  it('has all its members in every line', () => {
    expect(linesOf([[1000, send(0)]], 1000)).to.deep.equal([
      {
        event: 'progress',
        at: '1970-01-01T00:00:01.000Z',
        sync: 'panel',
        runId: '17',
        step: 'send',
        done: 0,
        total: 120,
        rowsPerSecond: null,
        secondsLeft: null,
      },
    ]);
    expect(
      linesOf(
        [
          [0, send(0)],
          [2000, send(20)],
        ],
        2000,
      )[1],
    ).to.include({ done: 20, rowsPerSecond: 10, secondsLeft: 10 });
  });

  it('shows the start of a step, one line a second, and what it came to', () => {
    const lines = linesOf(
      [
        [0, { step: 'read', done: 0, total: null }],
        [300, { step: 'read', done: 500, total: null }],
        [600, { step: 'read', done: 900, total: null }],
        [700, send(0)],
        [900, send(10)],
        [1700, send(40)],
        [1800, send(50)],
      ],
      2500,
    );
    expect(lines.map((line) => ['step', 'done'].map((name) => Reflect.get(line, name)))).to.deep.equal([
      ['read', 0],
      ['read', 900],
      ['send', 0],
      ['send', 40],
      ['send', 50],
    ]);
  });

  it('shows the end of a step at once, and once', () => {
    const lines = linesOf(
      [
        [0, send(0)],
        [10, send(120)],
      ],
      9000,
    );
    expect(lines.map((line) => Reflect.get(line, 'done'))).to.deep.equal([0, 120]);
  });
});
