import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { formatDuration } from '../../../../src/lib/format.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';

describe('terminal', () => {
  it('prints answers to standard output and notices to standard error', () => {
    const { terminal, out, err } = captureTerminal(false);
    terminal.print('answer');
    terminal.printNotice('by the way');
    expect([out(), err()]).to.deep.equal(['answer\n', 'by the way\n']);
  });

  it('separates columns with blanks, without colours where there is no terminal', () => {
    const { terminal } = captureTerminal(false);
    const table = terminal.table(
      ['sync', 'rows'],
      [
        ['panel', '1,000'],
        ['a much longer name', ''],
      ],
    );
    expect(table).to.equal('sync                rows\npanel               1,000\na much longer name');
  });

  it('shows no progress where there is no terminal', () => {
    const { terminal, out, err } = captureTerminal(false);
    const progress = terminal.progress();
    progress.show('reading', 1, null);
    progress.show('sending', 1, 2);
    progress.stop();
    expect([out(), err()]).to.deep.equal(['', '']);
  });

  it('shows how far it is, how fast, and how long it takes', () => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const { terminal, out, err } = captureTerminal(true);
      const progress = terminal.progress();
      progress.show('sending', 0, 2000);
      clock.tick(10_000);
      progress.show('sending', 500, 2000);
      clock.tick(1000);
      expect(err())
        .to.contain('sending  ██████░░░░░░░░░░░░░░░░░░  500 of 2,000')
        .and.to.match(/ \d+\/s  3\d s left/);
      progress.show('reading', 12_345, null);
      clock.tick(1000);
      expect(err()).to.contain('reading  12,345 rows');
      progress.stop();
      err();
      clock.tick(10_000);
      expect([out(), err(), clock.countTimers()]).to.deep.equal(['', '', 0]);
    } finally {
      clock.restore();
    }
  });

  it('takes the bar off before anything is printed, and draws it again below', () => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const { terminal, err } = captureTerminal(true);
      const progress = terminal.progress();
      progress.show('sending', 500, 2000);
      err();
      const clearLine = '\u001b[2K';
      for (const print of [terminal.printNotice, terminal.writeLog]) {
        print('Stopping.');
        const [before = '', after = ''] = err().split('Stopping.\n');
        expect(before.endsWith(clearLine), 'the bar is gone').to.equal(true);
        expect(after).to.contain('sending  ██████░');
      }
      terminal.print('answer');
      expect(err()).to.contain(clearLine).and.to.contain('sending  ██████░');
      progress.stop();
      err();
      terminal.printNotice('done');
      expect(err()).to.equal('done\n');
      expect(clock.countTimers()).to.equal(0);
    } finally {
      clock.restore();
    }
  });

  it('wraps text for people between words, and leaves documents and rows whole', () => {
    const { terminal, out } = captureTerminal(true, 20);
    terminal.print('one two three four five six');
    expect(out()).to.equal('one two three four\nfive six\n');
    terminal.printRows('one,two three four five six');
    terminal.printJson({ text: 'one two three four five six' });
    expect(out()).to.contain('one,two three four five six\n').and.to.contain('"one two three four five six"');
  });

  const spans: readonly [number, string][] = [
    [0, '0 s'],
    [0.2, '1 s'],
    [40, '40 s'],
    [99, '99 s'],
    [100, '2 min'],
    [720, '12 min'],
    [721, '13 min'],
    [5940, '99 min'],
    [6000, '1 h 40 min'],
    [11_100, '3 h 5 min'],
    [93_600, '26 h'],
    [359_940, '99 h 59 min'],
    [359_941, '4 d 4 h'],
    [604_800, '7 d'],
  ];
  for (const [seconds, text] of spans) {
    it(`calls ${seconds} seconds ${text}`, () => {
      expect(formatDuration(seconds)).to.equal(text);
    });
  }
});
