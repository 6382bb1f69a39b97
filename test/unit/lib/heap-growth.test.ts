import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import { expect } from 'chai';
import { restore, spy } from 'sinon';
import type { SinonSpy } from 'sinon';
import { withSmallHeap } from '../../../src/lib/heap-growth.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const many = 20_000;
const [small, usual] = ['--heap-growing-percent=60', '--heap-growing-percent=0'];

describe('a small heap', () => {
  let setFlags: SinonSpy<[flags: string], void>;
  beforeEach(() => {
    setFlags = spy(v8, 'setFlagsFromString');
    syncBuiltinESMExports();
  });
  afterEach(() => {
    restore();
    syncBuiltinESMExports();
  });

  const flags = (): readonly string[] => setFlags.args.map(([flag]) => flag);

  it('holds while the work lasts, and no longer', async () => {
    const during = await withSmallHeap(many, async () => flags());
    expect(during).to.deep.equal([small]);
    expect(flags()).to.deep.equal([small, usual]);
  });

  it('is given back when the work fails', async () => {
    const failing = withSmallHeap(many, async () => {
      throw new Error('cut');
    });
    const error = await thrownError(failing);
    expect(error).to.have.property('message', 'cut');
    expect(flags()).to.deep.equal([small, usual]);
  });

  it('holds until the last of several works at a time has ended', async () => {
    let end: () => void = () => undefined;
    const longer = withSmallHeap(many, () => new Promise<void>((resolve) => (end = resolve)));
    await withSmallHeap(many, async () => undefined);
    expect(flags()).to.deep.equal([small]);
    end();
    await longer;
    expect(flags()).to.deep.equal([small, usual]);
  });

  it('is not for few rows', async () => {
    await withSmallHeap(many - 1, async () => undefined);
    expect(flags()).to.deep.equal([]);
  });
});
