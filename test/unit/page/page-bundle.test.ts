import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';

/** Built by `npm run build`. */
const folder = new URL('../../../src/page/', import.meta.url);
const index = readFileSync(new URL('index.html', folder), 'utf8');

const maxFirstLoadBytes = 60_000;
const maxLazyBytes = 40_000;

const gzippedBytes = (address: string): number => gzipSync(readFileSync(new URL(`.${address}`, folder))).length;

describe('the files of the page', () => {
  const firstLoad = [...index.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);

  it('are small when it is opened, and charts come later', () => {
    expect(firstLoad.map((address) => address.replace(/^.*\.(?=\w+$)/, ''))).to.include.members(['js', 'css', 'svg']);
    const bytes = firstLoad.reduce((sum, address) => sum + gzippedBytes(address), gzipSync(index).length);
    expect(bytes).to.be.below(maxFirstLoadBytes);
    const lazy = readdirSync(new URL('assets/', folder)).filter((name) => !firstLoad.includes(`/assets/${name}`));
    expect(lazy.filter((name) => name.endsWith('.js')).length).to.be.greaterThan(0);
    const lazyBytes = lazy.reduce((sum, name) => sum + gzippedBytes(`/assets/${name}`), 0);
    expect(lazyBytes).to.be.below(maxLazyBytes);
  });

  it('hold no inline script or style, and load nothing from elsewhere', () => {
    expect(index).to.not.match(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
    expect(index).to.not.match(/https?:\/\/|\/\/[a-z]/);
  });
});
