import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFile, readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createDuckDbFolder, engineProcesses, runInDuckDb } from '../../../helpers/duckdb/duckdb.ts';
import type { DuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';
import { waitUntil } from '../../../helpers/wait-until.ts';
import { readModel, withModel } from '../../../contract/source-suite.ts';

/** Reads the files long before the model ends, which it does not do by itself. */
const endless = `select count(*)::varchar as n from 'people.csv', range(1000000000) as a (i), range(1000000000) as b (j) where hash(i + j) = 5`;

const writerFile = fileURLToPath(new URL('../../../helpers/duckdb/writer.js', import.meta.url));

describe('the process that runs DuckDB', () => {
  let folder: DuckDbFolder;
  beforeEach(async () => {
    folder = await createDuckDbFolder();
    await folder.write('people.csv', 'email\nada@example.test\n');
  });
  afterEach(() => folder.remove());

  it('fails the run when it is killed', async () => {
    const reading = readModel(folder.source(), endless);
    const outcome = panelsyncErrorOf(reading);
    await waitUntil(async () => (await engineProcesses('panelsync:test:1')).length > 0);
    for (const pid of await engineProcesses('panelsync:test:1')) process.kill(pid, 'SIGKILL');
    expect([(await outcome).code, (await outcome).recovery]).to.deep.equal(['source_crashed', 'retriable']);
  });

  it('ends at the statement timeout', async () => {
    const error = await panelsyncErrorOf(readModel(folder.source({ statementTimeoutMs: 1500 }), endless));
    expect(error.code).to.equal('model_timeout');
    expect(await engineProcesses('panelsync:test:1')).to.deep.equal([]);
  });

  it('ends with panelsync, however that ends, and removes its folder', async () => {
    const reader = fileURLToPath(new URL('../../../helpers/duckdb/reader.js', import.meta.url));
    const child = spawn(process.execPath, [reader, folder.path, endless], {
      env: { TMPDIR: folder.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(await firstLine(child));
    child.kill('SIGKILL');
    await waitUntil(async () => !isRunning(pid));
    expect((await readdir(folder.path)).filter((name) => name.startsWith('panelsync-duckdb-'))).to.deep.equal([]);
  });

  it('gives no rows of a file that changes while it is read', async () => {
    const model = "select email from 'people.csv'";
    const reading = withModel(folder.source(), `${model} where sleep_ms(1500) is null`, async (reader) => {
      const rows = reader.rows([0])[Symbol.asyncIterator]();
      const first = rows.next();
      setTimeout(() => void appendFile(join(folder.path, 'people.csv'), 'bob@example.test\n'), 50);
      await first;
    });
    expect((await panelsyncErrorOf(reading)).code).to.equal('source_changed');
    expect(await readModel(folder.source(), model)).to.have.length(2);
  });

  it('waits for the writer of a database file, for as long as it is told', async () => {
    const database = join(folder.path, 'shop.duckdb');
    await runInDuckDb(database, ["create table people as select 'ada@example.test' as email"]);
    const writer = spawn(process.execPath, [writerFile, database], { stdio: ['pipe', 'pipe', 'inherit'] });
    await firstLine(writer);
    const error = await panelsyncErrorOf(readModel(folder.source({ database, connectTimeoutMs: 1 }), 'from people'));
    expect([error.code, error.recovery]).to.deep.equal(['source_busy', 'retriable']);
    expect(error.message).to.contain(`(PID ${writer.pid})`);
    const patient = readModel(folder.source({ database }), 'from people');
    await waitUntil(async () => (await engineProcesses('panelsync:test:1')).length > 0);
    writer.stdin?.end();
    await once(writer, 'exit');
    expect(await patient).to.deep.equal([['ada@example.test'], ['bob@example.test']]);
  });

  it('shares a database file with other readers, in one process too', async () => {
    const database = join(folder.path, 'shop.duckdb');
    await runInDuckDb(database, ["create table people as select 'ada@example.test' as email"]);
    const read = (): Promise<unknown> => readModel(folder.source({ database }), 'from people');
    expect(await Promise.all([read(), read(), read()])).to.deep.equal([0, 1, 2].map(() => [['ada@example.test']]));
  });
});

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return chunk.toString().trim();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
