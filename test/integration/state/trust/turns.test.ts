import { expect } from 'chai';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const names = ['a', 'b', 'c'] as const;
const configurations = new Map(names.map((name, at) => [name, `00000000-0000-0000-0000-00000000000${at + 2}`]));

describe('two configurations with one sync name', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  after(() => panel.close());

  /** The runs that each run of the sequence names as having another and the same configuration. */
  async function turnsOf(sequence: readonly (typeof names)[number][]): Promise<readonly string[]> {
    const turns: string[] = [];
    for (const name of sequence) {
      const { notes } = await panel.run({ configuration: configurations.get(name) ?? '' });
      const [, other, own] =
        /^Run (\d+) sent "panel" with another .* this run and run (\d+)\./.exec(notes[0] ?? '') ?? [];
      turns.push(other === undefined ? '' : `${other} ${own}`);
    }
    return turns;
  }

  it('are named in the report of each run that follows one of the other', async () => {
    expect(await turnsOf(['a', 'a', 'b', 'a', 'b'])).to.deep.equal(['', '', '', '3 2', '4 3']);
  });

  it('are not suspected where a configuration changes and stays, and plans do not count', async () => {
    expect(await turnsOf(['a', 'b', 'c', 'c'])).to.deep.equal(['', '', '', '']);
    await panel.plan({ configuration: configurations.get('a') ?? '' });
    expect(await turnsOf(['c'])).to.deep.equal(['']);
  });
});
