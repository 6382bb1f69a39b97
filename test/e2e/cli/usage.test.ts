import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';

interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

describe('the command line', () => {
  let environment: CliEnvironment;
  before(async () => {
    environment = { cwd: await mkdtemp(join(tmpdir(), 'panelsync-usage-')), env: {} };
  });
  after(() => rm(environment.cwd, { recursive: true, force: true }));

  it('lists every command in its help', async () => {
    const { code, stdout, stderr } = await runInProcess(['--help'], environment);
    expect([code, stderr]).to.deep.equal([0, '']);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name]) => name);
    const names = 'init check plan run status runs show rejections skips retry resync explain forget migrate simulator';
    expect(listed).to.include.members(names.split(' '));
  });

  it('prints its version, with or without a command', async () => {
    const results = await Promise.all([
      runInProcess(['--version'], environment),
      runInProcess(['status', '--version'], environment),
    ]);
    for (const { code, stdout } of results) {
      expect(code).to.equal(0);
      expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    }
  });

  it('explains a command and its options', async () => {
    const { code, stdout } = await runInProcess(['plan', '--help'], environment);
    expect(code).to.equal(0);
    expect(stdout).to.contain('panelsync plan [options] <sync>').and.to.contain('--limit <n>').and.to.contain('--json');
  });

  it('shows the help and exits 2 when no command is given', async () => {
    const { code, stdout, stderr } = await runInProcess([], environment);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain('Usage: panelsync');
  });

  it('suggests the nearest command for an unknown one', async () => {
    const { code, stdout, stderr } = await runInProcess(['stauts'], environment);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain("unknown command 'stauts'").and.to.contain('Did you mean status?');
  });

  const misuses: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown option', ['status', '--jsno'], /unknown option '--jsno'/],
    ['a missing argument', ['plan'], /missing required argument 'sync'/],
    ['an argument too many', ['show', '1', '2'], /too many arguments/],
    ['a word that is not among the choices', ['init', '--source', 'oracle'], /Allowed choices are postgres/],
    ['a level that is none', ['status', '--log-level', 'loud'], /Allowed choices are error, warn, info, debug/],
    ['a number that is none', ['runs', '--limit', 'many'], /--limit takes a whole number of at least 1, not "many"/],
    ['a port beyond the last', ['simulator', '--port', '65536'], /--port takes 0 to 65535/],
    ['a run of nothing', ['run'], /run takes the name of one sync, or --all/],
  ];
  for (const [what, args, message] of misuses) {
    it(`refuses ${what} with exit code 2, in words and as one JSON document`, async () => {
      const [words, json] = await Promise.all([
        runInProcess(args, environment),
        runInProcess([...args, '--json'], environment),
      ]);
      expect([words.code, words.stdout, json.code]).to.deep.equal([2, '', 2]);
      expect(words.stderr).to.match(message);
      const { error } = parseJsonOutput<ErrorDocument>(json);
      expect(error.code).to.equal('usage');
      expect(error.message).to.match(message);
      expect(error.hint).to.not.equal('');
    });
  }

  it('says where a configuration comes from when there is none', async () => {
    const [words, json] = await Promise.all([
      runInProcess(['status'], environment),
      runInProcess(['--json', 'status'], environment),
    ]);
    expect([words.code, words.stdout, json.code]).to.deep.equal([2, '', 2]);
    expect(words.stderr).to.contain('config/panelsync.yaml').and.to.contain('panelsync init');
    expect(parseJsonOutput<ErrorDocument>(json).error.code).to.equal('config_invalid');
  });
});
