import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { builtinModules } from 'node:module';
import { expect } from 'chai';
import { packageFilesInCode } from '../../helpers/docs/package-files.ts';

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Everything that users get; what matches none of these was packed by mistake. */
const expected: readonly RegExp[] = [
  /^(README|CHANGELOG)\.md$|^LICENSE$|^package\.json$|^\.env\.example$/,
  /^dist\/src\/(cli|chunks\/[\w-]+)\.js(\.map)?$/,
  // A process of its own.
  /^dist\/src\/source\/duckdb\/engine-process\.js(\.map)?$/,
  /^dist\/src\/page\/(index\.html|assets\/[\w-]+\.(js|css|svg))$/,
  /^migrations\/\d{4}_\w+\.sql$/,
  /^config\/(panelsync\.yaml|panelsync\.schema\.json|models\/\w+\.sql|\w+\/(panelsync\.yaml|env\.example))$/,
  /^config\/\w+\/[\w/.-]+\.(sql|csv|parquet|json)$/,
  /^docs\/[\w-]+\.(md|png)$|^docs\/openapi\.json$/,
  /^docs\/[a-z]+\/[\w.-]+$/,
];

const maxPackedBytes = 1_000_000;
const maxUnpackedBytes = 4_000_000;

describe('the package', () => {
  let packed: Packed;
  let manifest: Manifest;
  before(async () => {
    // What the tests run is packed; the scripts would build it anew.
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
    const answer: unknown = JSON.parse(stdout);
    // npm 11 answers a list, later ones an object by name.
    [packed] = Object.values(answer as Record<string, Packed>) as [Packed];
    manifest = JSON.parse(await readFile('package.json', 'utf8'));
  });

  it('holds what users need, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !expected.some((pattern) => pattern.test(path)))).to.deep.equal([]);
    expect(expected.filter((pattern) => !paths.some((path) => pattern.test(path))).map(String)).to.have.length.below(2);
    expect(paths).to.include.members(['dist/src/cli.js', 'dist/src/page/index.html', 'docs/openapi.json']);
  });

  it('is small', () => {
    expect(packed.size).to.be.below(maxPackedBytes);
    expect(packed.unpackedSize).to.be.below(maxUnpackedBytes);
  });

  it('holds every file that its code asks for by name', () => {
    const named = packageFilesInCode();
    expect(named).to.include.members(['docs/openapi.json', 'migrations']);
    const paths = packed.files.map(({ path }) => path);
    const isPacked = (path: string): boolean =>
      path === './' || paths.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`));
    expect(named.filter((path) => !isPacked(path))).to.deep.equal([]);
  });

  it('imports packages only that are installed with it', async () => {
    const code = packed.files.map(({ path }) => path).filter((path) => /^dist\/src\/(cli|chunks\/.*)\.js$/.test(path));
    const texts = await Promise.all(code.map((path) => readFile(path, 'utf8')));
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/^import\b[^;]*?["']([^"'./][^"']*)["'];|\bimport\(["']([^"'./][^"']*)["']\)/gm)].map(
        ([, one, other]) => one ?? other ?? '',
      ),
    );
    const names = new Set(
      imported
        .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    expect([...names]).to.include.members(['pg', 'commander', 'snowflake-sdk']);
    const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies ?? {})];
    expect([...names].filter((name) => !installed.includes(name))).to.deep.equal([]);
  });
});
