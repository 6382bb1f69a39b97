import { expect } from 'chai';
import * as fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../../src/lib/spool.ts';
import type { Spool } from '../../../src/lib/spool.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

describe('spool', () => {
  let directory: string;
  let spool: Spool;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'panelsync-spool-'));
    spool = await openSpool(directory);
  });
  afterEach(async () => {
    await spool.close().catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  });

  /** Appends lines in one go and returns where each of them starts. */
  async function append(lines: readonly string[], start = 0): Promise<readonly number[]> {
    const positions: number[] = [];
    let at = start;
    for (const line of lines) {
      positions.push(at);
      at += Buffer.byteLength(line) + 1;
    }
    await spool.append(Buffer.from(lines.map((line) => `${line}\n`).join('')));
    return positions;
  }

  it('gives the lines that are asked for, in their order', async () => {
    const first = await append(['ada', '', 'é\u{1f600}']);
    const second = await append(['bob', 'c'], (first[2] ?? 0) + 7);
    expect(await spool.lines([...first, ...second])).to.deep.equal(['ada', '', 'é\u{1f600}', 'bob', 'c']);
    expect(await spool.lines([first[2] ?? 0, second[1] ?? 0])).to.deep.equal(['é\u{1f600}', 'c']);
    expect(await spool.lines([])).to.deep.equal([]);
  });

  it('finds lines longer than what it reads at once', async () => {
    const lines = ['a'.repeat(65_536), 'é'.repeat(200_000), '', 'b'.repeat(65_535)];
    const positions = await append(lines);
    expect(await spool.lines(positions)).to.deep.equal(lines);
    expect(await spool.lines(positions.slice(1, 3))).to.deep.equal(lines.slice(1, 3));
  });

  const manyLines = [
    ['short lines', Array.from({ length: 5000 }, (_, at) => `${at}`.repeat(1 + (at % 40)))],
    ['lines far apart', Array.from({ length: 100 }, (_, at) => `${at} `.repeat(10_000 + 100 * at))],
  ] as const;
  for (const [what, lines] of manyLines) {
    it(`finds any of many lines: ${what}`, async () => {
      const positions = await append(lines);
      await fc.assert(
        fc.asyncProperty(fc.subarray(lines.map((_, at) => at)), async (chosen) => {
          const wanted = chosen.map((at) => positions[at] ?? -1);
          expect(await spool.lines(wanted)).to.deep.equal(chosen.map((at) => lines[at]));
          const lengths = chosen.map((at) => Buffer.byteLength(`${lines[at]}\n`));
          const parts = await spool.parts({ positions: wanted, lengths });
          expect(parts.toString()).to.equal(chosen.map((at) => `${lines[at]}\n`).join(''));
        }),
        { numRuns: 20 },
      );
    });
  }

  it('throws for a place where no line is', async () => {
    await append(['ada']);
    const error = await thrownError(spool.lines([4]));
    expect(error).to.be.instanceOf(RangeError).with.property('message', 'no line at 4 of the spool');
  });

  it('throws for a part that reaches beyond its end', async () => {
    await append(['ada']);
    expect((await spool.parts({ positions: [0], lengths: [4] })).toString()).to.equal('ada\n');
    for (const length of [5, 100_000]) {
      const error = await thrownError(spool.parts({ positions: [0], lengths: [length] }));
      expect(error).to.be.instanceOf(RangeError).with.property('message', `the spool ends before ${length}`);
    }
  });

  it('leaves no file behind, even while it is open', async () => {
    await append(['ada']);
    expect(await readdir(directory)).to.deep.equal([]);
    await spool.close();
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('fails where it may not write', async () => {
    const error = await thrownError(openSpool(join(directory, 'missing')));
    expect(error).to.have.property('code', 'ENOENT');
  });
});
