import { chromiumPath } from '../../helpers/browser/chromium.ts';
import { openPageFixture } from '../../helpers/browser/page-fixture.ts';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';
import { accessCases } from './access.ts';
import { accessibilityCases } from './accessibility.ts';
import { actionCases } from './actions.ts';
import { liveCases } from './live.ts';
import { viewCases } from './views.ts';

/** One daemon and one browser for all cases, which are in the other files of this folder. */
describe('the page', () => {
  if (chromiumPath === null && process.env['CI'] === undefined) {
    process.stderr.write('\nThe page is NOT tested: no Chromium is installed (apt-get install chromium).\n');
    return;
  }
  let fixture: PageFixture;
  before(async () => {
    fixture = await openPageFixture();
    await fixture.run();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') process.stderr.write(`${await fixture.describePages()}\n`);
    await fixture.closePages();
  });
  after(() => fixture?.close());

  const get = (): PageFixture => fixture;
  viewCases(get);
  accessCases(get);
  actionCases(get);
  accessibilityCases(get);
  liveCases(get);
});
