import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';

interface AxeResult {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Every view, in both themes, without a finding of axe that is serious or worse. */
export function accessibilityCases(fixture: () => PageFixture): void {
  const views: readonly (readonly [string, string])[] = [
    ['/', '[data-sync=panel] .reasons'],
    ['/syncs/panel', '.charts canvas'],
    ['/syncs/panel?tab=rejections', 'tbody tr'],
    ['/syncs/panel?tab=model', '.code-keyword'],
    ['/runs/1', '.reason-filter li'],
    ['/runs/1?tab=batches', '.branch'],
    ['/people?email=refused-11@example.test', '.event'],
    ['/audit', 'tbody tr'],
  ];
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be used by everybody: ${colorScheme}`, async () => {
      const page = await fixture().open('/', { colorScheme });
      for (const [path, element] of views) {
        await page.goto(fixture().url + path);
        await page.locator(element).first().waitFor();
        expect(await seriousFindings(page), path).to.deep.equal([]);
      }
      const signIn = await fixture().open('/', { colorScheme, token: null });
      await signIn.getByLabel('Token').waitFor();
      expect(await seriousFindings(signIn)).to.deep.equal([]);
      await page.goto(`${fixture().url}/syncs/panel`);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await seriousFindings(page)).to.deep.equal([]);
    });
  }
}

/** The policy of the page lets no script in, so axe comes through the debugger. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  const results = await page.evaluate<readonly AxeResult[]>('axe.run().then(({ violations }) => violations)');
  return results
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`));
}
