import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';
import { operateToken } from '../../helpers/browser/page-fixture.ts';

/** Dragging shows a part of the time in both charts; a double click shows all of it again. */
async function zoomInAndOut(page: Page): Promise<void> {
  const drawn = `[...document.querySelectorAll('.charts canvas')].map((canvas) => canvas.toDataURL()).join()`;
  const before = await page.evaluate<string>(drawn);
  const box = await page.locator('.charts .u-over').first().boundingBox();
  if (box === null) throw new Error('no chart is drawn');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, y, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(`${drawn} !== ${JSON.stringify(before)}`);
  await page.mouse.dblclick(box.x + box.width / 2, y);
  await page.waitForFunction(`${drawn} === ${JSON.stringify(before)}`);
}

/** What each view shows of a run with accepted, invalid and rejected rows. */
export function viewCases(fixture: () => PageFixture): void {
  it('shows every sync with its state, figures and reasons', async () => {
    const page = await fixture().open('/');
    const card = page.locator('[data-sync=panel]');
    await card.getByText('Rows refused').waitFor();
    await card.getByText('Email is not deliverable').waitFor();
    await card.getByRole('link', { name: 'Run 1' }).waitFor();
    await card.getByRole('img', { name: /^Last 1 run: \d+ rows accepted/ }).waitFor();
    await page.locator('[data-sync=guarded]').getByText('No runs yet').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.title()).to.equal('panelsync');
  });

  it('shows a sync: history, runs, configuration without secrets, and its model', async () => {
    const page = await fixture().open('/');
    await page.getByRole('link', { name: 'panel', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'panel' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('panel');
    await page.locator('.charts canvas').nth(1).waitFor();
    await zoomInAndOut(page);
    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByRole('cell', { name: 'Rows refused' }).waitFor();
    await page.getByLabel('Status').selectOption('failed');
    await page.getByText('None matches the filter.').waitFor();
    await page.getByRole('tab', { name: 'Configuration' }).click();
    const configuration = await page.getByRole('region', { name: 'Configuration' }).textContent();
    expect(configuration).to.contain('batchSize: 50').and.to.not.contain(operateToken);
    expect(configuration).to.not.contain(fixture().project.env['HUB_KEY']);
    // Arrows move between tabs.
    await page.keyboard.press('ArrowRight');
    await page.locator('.code-keyword', { hasText: 'select' }).waitFor();
  });

  it('shows a run: its rows as one sum, its steps and its batches as a tree', async () => {
    const page = await fixture().open('/runs/1');
    const identity = await page.locator('.identity').textContent();
    expect(identity).to.match(/^240 read=\d+ inserted\+4 invalid\+3 rejected$/);
    await page.getByRole('rowheader', { name: 'Send to the Hub' }).waitFor();
    await page.getByRole('tab', { name: 'Batches' }).click();
    await page.getByText('part of 1', { exact: true }).first().waitFor();
    await page.getByRole('cell', { name: 'refused', exact: true }).first().waitFor();
    await fixture().panel.sql(
      `insert into panelsync.renames (sync_id, key, old_key, run_id)
       select sync_id, 'new@example.test', 'old@example.test', id from panelsync.runs where id = 1`,
    );
    await page.getByRole('tab', { name: 'Renamed' }).click();
    await page.getByRole('cell', { name: 'n•••@e•••.test' }).waitFor();
    await page.getByRole('cell', { name: 'o•••@e•••.test' }).waitFor();
  });

  it('shows how old the data is: in each sync now, in a run when it started', async () => {
    const page = await fixture().open('/runs/1');
    await page.getByText(/^(2 h \d+ min|3 h)$/).waitFor();
    await page.goto(`${fixture().url}/syncs/panel`);
    await page.getByTitle(/^Newest updated_at: \d{4}-/).waitFor();
    const moveData = (direction: '-' | '+'): Promise<unknown> =>
      fixture().panel.sql(`update panelsync.runs set newest_data_at = newest_data_at ${direction} interval '2 days'`);
    await moveData('-');
    try {
      await page.goto(fixture().url);
      const card = page.locator('[data-sync=panel]');
      await card.getByText('Stale data').waitFor();
      await card.getByText(/^51 h.*, limit 26 h$/).waitFor();
    } finally {
      await moveData('+');
    }
  });

  it('says that there is no such sync, run, person or page', async () => {
    const page = await fixture().open('/runs/999');
    await page.getByText('There is no run 999.').waitFor();
    await page.goto(`${fixture().url}/syncs/nobody`);
    await page.getByRole('alert').waitFor();
    await page.goto(`${fixture().url}/people?email=nobody@example.test`);
    await page.getByText('Nobody is known in any sync').waitFor();
    await page.goto(`${fixture().url}/no/such/page`);
    await page.getByText('There is no page at this address.').waitFor();
    fixture().allowErrors(/404/);
  });

  it('shows the timeline of a person', async () => {
    const page = await fixture().open('/people');
    await page.getByLabel('E-mail').fill('refused-11@example.test');
    await page.keyboard.press('Enter');
    await page.getByText('Insert rejected by the Hub').waitFor();
    await page.getByText('Email is not deliverable').waitFor();
    await page.getByRole('link', { name: 'run 1' }).click();
    await page.getByRole('heading', { level: 1, name: 'Run 1' }).waitFor();
  });

  it('fits a phone', async () => {
    const page = await fixture().open('/', { width: 375 });
    for (const path of ['/', '/syncs/panel', '/runs/1?tab=batches', '/people', '/audit']) {
      await page.goto(fixture().url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).to.equal(0);
    }
  });
}
