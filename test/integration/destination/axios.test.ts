import { execFile } from 'node:child_process';
import { expect } from 'chai';
import { promisify } from 'node:util';

const run = promisify(execFile);
const moduleUrl = new URL('../../../src/destination/http/axios.js', import.meta.url).href;

/** In a process of its own, because here axios has been loaded long since. */
async function inNewProcess(script: string): Promise<unknown> {
  const code = `import { loadAxios, preloadAxios } from ${JSON.stringify(moduleUrl)};
    import { createRequire } from 'node:module';
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/axios/dist/'));
    ${script}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return JSON.parse(stdout);
}

describe('axios', () => {
  it('is loaded with the first use, and not before', async () => {
    const found = await inNewProcess(`const before = isLoaded();
      const kind = typeof loadAxios().create;
      console.log(JSON.stringify([before, kind, isLoaded()]));`);
    expect(found).to.deep.equal([false, 'function', true]);
  });

  it('is loaded ahead in steps, and others work in between', async () => {
    const found = await inNewProcess(`let turns = 0;
      const turn = () => { turns += 1; timer = setImmediate(turn); };
      let timer = setImmediate(turn);
      const early = preloadAxios().then(() => turns);
      const before = isLoaded();
      const during = await early;
      clearImmediate(timer);
      console.log(JSON.stringify([before, isLoaded(), during >= 3]));`);
    expect(found).to.deep.equal([false, true, true]);
  });
});
