import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../../helpers/browser/chromium.ts';

/**
 * Takes the pictures of README: the overview of the demo, in light and dark, while a run is under way. Rewrites
 * docs/page-light.png and docs/page-dark.png; `npm run picture` builds first and runs this.
 */

const cli = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));
const viewport = { width: 1120, height: 470 };

const demo = spawn(process.execPath, [cli, 'demo', '--serve'], { stdio: ['ignore', 'ignore', 'pipe'] });
const [, url = '', token = ''] = await printed(/Open (\S+) in a browser and sign in with the token: (\S+)/);
const browser = await launchChromium();
for (const colorScheme of ['light', 'dark'] as const) {
  const context = await browser.newContext({ colorScheme, viewport, deviceScaleFactor: 1.5 });
  await context.request.post(`${url}/api/session`, { data: { token } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.mini-history g').first().waitFor();
  // Once a minute a run starts; its picture is taken in the middle.
  await page.locator('progress[value]').waitFor({ timeout: 120_000 });
  await page.screenshot({ path: `docs/page-${colorScheme}.png` });
}
await browser.close();
demo.kill('SIGTERM');

/** Resolves with the first match in what the demo prints. */
function printed(pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  return new Promise((resolve, reject) => {
    demo.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
    demo.once('exit', () => reject(new Error(`the demo ended: ${text}`)));
  });
}
