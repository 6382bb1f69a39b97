import { lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeWireProfile } from '../../../src/app/write-wire-profile.ts';
import { withWireProfile } from '../../../src/config/yaml/wire-profile.ts';

const profile = { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'camel' } as const;

const withWire = `# ours
destination:
  apiKey: \${KEY:-} # the key: a secret
  wire:
    auth:   apikey-header # or bearer
    envelope: 'participants'   # or jsonapi

    # the last comment
sources: { a: { url: \${URL} } }
`;

describe('a wire profile written into the configuration', () => {
  it('changes values where they stand, and adds what is missing', () => {
    const expected = withWire
      .replace('apikey-header', 'bearer')
      .replace("'participants'   # or jsonapi\n", 'jsonapi   # or jsonapi\n    fieldCase: camel\n');
    expect(withWireProfile(withWire, profile)).to.equal(expected);
  });

  it('keeps every byte where the file says so already, and settings that the profile leaves out', () => {
    expect(withWireProfile(withWire, { auth: 'apikey-header' })).to.equal(withWire);
    expect(withWireProfile(withWire, { auth: 'bearer' })).to.equal(withWire.replace('apikey-header', 'bearer'));
  });

  it('adds the section where there is none, or none yet but comments', () => {
    const none = 'destination:\n    apiKey: a # b\n    # c\nlog: {}\n';
    const block = '    wire:\n      auth: bearer\n';
    expect(withWireProfile(none, { auth: 'bearer' })).to.equal(none.replace('# b\n', `# b\n${block}`));
    const empty = 'destination:\n  wire: # later\n    # auth: bearer\n  apiKey: a\n';
    const filled = empty.replace('# later\n', '# later\n    auth: bearer\n');
    expect(withWireProfile(empty, { auth: 'bearer' })).to.equal(filled);
    expect(withWireProfile('destination: {apiKey: a}', { auth: 'bearer' })).to.equal(
      'destination: {apiKey: a, wire: { auth: bearer }}',
    );
    expect(withWireProfile('destination:\n  apiKey: a', { auth: 'bearer' })).to.equal(
      'destination:\n  apiKey: a\n  wire:\n    auth: bearer',
    );
  });

  it('knows mappings in braces, values without a text, block texts, and Windows line ends', () => {
    expect(withWireProfile('destination:\n  wire: { auth: bearer, } # x\n', { fieldCase: 'camel' })).to.equal(
      'destination:\n  wire: { auth: bearer, fieldCase: camel, } # x\n',
    );
    expect(withWireProfile('destination:\n  wire: {}\n', { auth: 'bearer' })).to.equal(
      'destination:\n  wire: { auth: bearer }\n',
    );
    expect(withWireProfile('destination:\n  wire:\n    auth: # x\n', { auth: 'bearer' })).to.equal(
      'destination:\n  wire:\n    auth: bearer # x\n',
    );
    expect(withWireProfile('destination:\n  apiKey: |\n    a\n\nlog: {}\n', { auth: 'bearer' })).to.equal(
      'destination:\n  apiKey: |\n    a\n  wire:\n    auth: bearer\n\nlog: {}\n',
    );
    expect(withWireProfile('destination:\r\n  apiKey: a\r\nlog: {}\r\n', { auth: 'bearer' })).to.equal(
      'destination:\r\n  apiKey: a\r\n  wire:\r\n    auth: bearer\r\nlog: {}\r\n',
    );
  });

  it('leaves aliases, and anchors that something else uses, to a person', () => {
    expect(withWireProfile('a: &w { auth: bearer }\ndestination:\n  wire: *w\n', profile)).to.equal(null);
    expect(withWireProfile('destination:\n  wire: &w\n    auth: bearer\nb: *w\n', profile)).to.equal(null);
    expect(withWireProfile('log: {}\n', profile)).to.equal(null);
    expect(
      withWireProfile('base: &b { auth: apikey-header }\ndestination:\n  wire:\n    <<: *b\n', { auth: 'bearer' }),
    ).to.equal('base: &b { auth: apikey-header }\ndestination:\n  wire:\n    <<: *b\n    auth: bearer\n');
  });
});

describe('the file that a wire profile is written into', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-wire-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('stays a link, keeps its permissions, and has no other file beside it', async () => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'a.yaml'), withWire, { mode: 0o640 });
    await symlink(join(folder, 'real', 'a.yaml'), join(folder, 'link.yaml'));
    expect(await writeWireProfile(join(folder, 'link.yaml'), profile)).to.equal(true);
    expect(await writeWireProfile(join(folder, 'link.yaml'), profile)).to.equal(false);
    expect((await lstat(join(folder, 'link.yaml'))).isSymbolicLink()).to.equal(true);
    expect((await stat(join(folder, 'real', 'a.yaml'))).mode & 0o777).to.equal(0o640);
    expect(await readFile(join(folder, 'real', 'a.yaml'), 'utf8')).to.equal(withWireProfile(withWire, profile));
    expect(await readdir(join(folder, 'real'))).to.deep.equal(['a.yaml']);
  });

  it('is as it was where the profile cannot be written', async () => {
    const text = 'a: &w { auth: bearer }\ndestination:\n  wire: *w\n';
    await writeFile(join(folder, 'a.yaml'), text);
    const error = await writeWireProfile(join(folder, 'a.yaml'), profile).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'config_unwritable', recovery: 'usage' });
    expect(await readFile(join(folder, 'a.yaml'), 'utf8')).to.equal(text);
  });
});
