import { expect } from 'chai';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChecksummedFile, checksummedLines } from '../../../src/core/checksummed-file.ts';
import { errorCodeOf } from '../../helpers/thrown-error.ts';

const anything = (): boolean => true;

describe('a checksummed file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'panelsync-checksummed-'));
    path = join(directory, 'lines.jsonl');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function write(first: string, pages: readonly (readonly string[])[]): Promise<void> {
    const file = await createChecksummedFile(path, anything);
    try {
      for (const lines of pages) await file.add(lines);
      await file.finish(first);
    } finally {
      await file.close();
    }
  }

  async function read(): Promise<readonly string[]> {
    const all: string[] = [];
    for await (const lines of checksummedLines(path)) all.push(...lines);
    return all;
  }

  it('gives back the lines that were put into it, whatever they hold and however long they are', async () => {
    const line = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text));
    await fc.assert(
      fc.asyncProperty(line, fc.array(fc.array(line)), async (first, pages) => {
        await write(first, pages);
        expect(await read()).to.deep.equal([first, ...pages.flat()]);
      }),
      { numRuns: 30 },
    );
    const long = ['x'.repeat(300_000), 'é'.repeat(200_000)];
    await write('first', [long]);
    expect(await read()).to.deep.equal(['first', ...long]);
  });

  it('ends in the digest of all before, is only for its owner to read, and has nothing beside it', async () => {
    await writeFile(path, 'an earlier file', { mode: 0o644 });
    await write('first', [['second']]);
    const digest = createHash('sha256').update('first\nsecond\n').digest('hex');
    expect(await readFile(path, 'utf8')).to.equal(`first\nsecond\n{"sha256":"${digest}"}\n`);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(directory)).to.deep.equal(['lines.jsonl']);
  });

  it('leaves the earlier file in place if it is never finished', async () => {
    await writeFile(path, 'an earlier file');
    const file = await createChecksummedFile(path, anything);
    await file.add(['half']);
    expect(await readFile(path, 'utf8')).to.equal('an earlier file');
    await file.close();
    expect(await readdir(directory)).to.deep.equal(['lines.jsonl']);
    expect(await readFile(path, 'utf8')).to.equal('an earlier file');
  });

  it('is refused after any byte of it was changed, left out or added', async () => {
    await write('first', [['second', 'third']]);
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(path, changed);
      expect(await errorCodeOf(read()), `byte ${at} changed`).to.equal('file_broken');
      await writeFile(path, whole.subarray(0, at));
      expect(await errorCodeOf(read()), `cut at ${at}`).to.equal('file_broken');
    }
    await writeFile(path, Buffer.concat([whole, Buffer.from('\n')]));
    expect(await errorCodeOf(read())).to.equal('file_broken');
  });

  it('is refused where there is none, or one endless line', async () => {
    expect(await errorCodeOf(read())).to.equal('file_unreadable');
    await writeFile(path, Buffer.alloc(17 * 1024 * 1024));
    expect(await errorCodeOf(read())).to.equal('file_broken');
  });

  it('is not begun where it cannot be put, and replaces nothing but a file', async () => {
    expect(await errorCodeOf(createChecksummedFile(join(directory, 'nowhere', 'x'), anything))).to.equal(
      'file_unwritable',
    );
    await mkdir(path);
    expect(await errorCodeOf(createChecksummedFile(path, anything))).to.equal('file_unwritable');
    expect(await errorCodeOf(createChecksummedFile('/dev/null', anything))).to.equal('file_unwritable');
  });

  it('replaces an older file of its kind and an empty one, and nothing else', async () => {
    const isOwn = (line: string): boolean => line === 'ours';
    for (const content of ['ours\nand more\n', 'ours', '']) {
      await writeFile(path, content);
      await (await createChecksummedFile(path, isOwn)).close();
    }
    for (const content of ['theirs\nours\n', ' ours\n', '\n']) {
      await writeFile(path, content);
      expect(await errorCodeOf(createChecksummedFile(path, isOwn)), content).to.equal('file_unwritable');
      expect(await readFile(path, 'utf8')).to.equal(content);
    }
  });

  it('follows no link, not even to a file of its kind', async () => {
    await writeFile(join(directory, 'target'), 'ours\n');
    await symlink(join(directory, 'target'), path);
    expect(await errorCodeOf(createChecksummedFile(path, anything))).to.equal('file_unwritable');
    await rm(join(directory, 'target'));
    expect(await errorCodeOf(createChecksummedFile(path, anything)), 'dangling').to.equal('file_unwritable');
  });

  it('does not replace what came to stand there while it was written', async () => {
    const file = await createChecksummedFile(path, () => false);
    try {
      await writeFile(path, 'theirs');
      expect(await errorCodeOf(file.finish('ours'))).to.equal('file_unwritable');
    } finally {
      await file.close();
    }
    expect(await readFile(path, 'utf8')).to.equal('theirs');
    expect(await readdir(directory)).to.deep.equal(['lines.jsonl']);
  });
});
