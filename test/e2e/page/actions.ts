import type { Page } from 'playwright-core';
import { expect } from 'chai';
import { madeUpPeople } from '../../helpers/browser/page-fixture.ts';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';

/** What can be done by hand; each asks once. */
export function actionCases(fixture: () => PageFixture): void {
  const dialog = (page: Page) => page.getByRole('dialog');

  it('pauses and resumes a sync', async () => {
    const page = await fixture().open('/syncs/panel');
    await page.getByRole('button', { name: 'Pause' }).click();
    await dialog(page).getByText('No scheduled run starts until somebody resumes the sync').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    // The focus returns to where it was.
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Pause');
    await page.keyboard.press('Enter');
    await dialog(page).getByLabel('Reason').fill('Campaign');
    await page.keyboard.press('Enter');
    await page.getByText('Campaign').waitFor();
    expect(await page.getByRole('button', { name: 'Run now' }).isDisabled()).to.equal(true);
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog(page).getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('makes a plan, field by field, that sends nothing', async () => {
    await fixture().panel.setPeople(madeUpPeople(240, 'Hamburg'));
    const page = await fixture().open('/syncs/panel?tab=plan');
    const requests = fixture().panel.batchRequests;
    const make = async (words: string): Promise<void> => {
      await page.getByRole('button', { name: words }).click();
      await page.getByRole('heading', { name: /^Plan: \d+ to insert, \d+ to update$/ }).waitFor();
    };
    await make('Make a plan');
    expect(await page.locator('.changes').textContent()).to.not.match(/Hamburg|person-1@/);
    await page.getByRole('button', { name: 'Show people' }).click();
    await dialog(page).getByRole('button', { name: 'Show people' }).click();
    await page.getByRole('button', { name: 'Hide people' }).waitFor();
    await make('Make a new plan');
    const change = page.locator('.changes li', { hasText: 'person-1@example.test' });
    expect(await change.locator('.diff').textContent()).to.equal('cityBerlin → Hamburg');
    expect(await page.locator('.changes li').count()).to.equal(50);
    expect(fixture().panel.batchRequests).to.equal(requests);
  });

  it('runs a sync, and shows the run as it goes', async () => {
    fixture().panel.hub.setOptions({ latencyMs: 150 });
    const page = await fixture().open('/syncs/panel');
    await page.getByRole('button', { name: 'Run now' }).click();
    await dialog(page).getByText('(240 rows in the last run)').waitFor();
    await dialog(page).getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('heading', { level: 1, name: /^Run \d+$/ }).waitFor();
    await page.getByRole('progressbar').waitFor();
    fixture().panel.hub.setOptions({ latencyMs: 0 });
    await page.locator('.identity', { hasText: 'updated' }).waitFor();
    await page.getByText('Rows refused').first().waitFor();
  });

  it('lets rejected rows be tried again', async () => {
    const page = await fixture().open('/syncs/panel?tab=rejections');
    await page.getByRole('button', { name: 'Retry rejected rows' }).click();
    await dialog(page).getByText('7 rejected rows').waitFor();
    await dialog(page).getByRole('button', { name: 'Retry 7 rows' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('cell', { name: 'retry' }).waitFor();
  });

  it('approves a run that a guard stopped, or the plan as it is by then', async () => {
    await fixture().panel.setPeople([
      ...madeUpPeople(240, 'Hamburg'),
      { email: 'five@example.test', first_name: 'Name 5', city: 'Berlin' },
    ]);
    const stopped = await fixture().run('guarded');
    const page = await fixture().open('/');
    await page.locator('[data-sync=guarded]').getByText('Stopped by a guard').waitFor();
    await page
      .locator('[data-sync=guarded]')
      .getByRole('link', { name: `Run ${stopped}` })
      .click();
    await page.getByRole('button', { name: 'Approve and send' }).click();
    await dialog(page).getByText('1 to insert, 0 to update').waitFor();
    // Meanwhile the model gives somebody more, so the plan has drifted.
    await fixture().panel.sql(
      `insert into people (email, first_name, city) values ('six@example.test', 'Name 5', 'Berlin')`,
    );
    await dialog(page).getByRole('button', { name: 'Send 1 change' }).click();
    await page.getByText(`The saved plan of run ${stopped} no longer applies`).waitFor();
    expect(fixture().panel.people()).to.not.have.property('five@example.test');
    await page.getByRole('button', { name: 'Approve and send' }).click();
    await dialog(page).getByText('2 to insert, 0 to update').waitFor();
    await dialog(page).getByLabel('Reason').fill('Both rows are right');
    await dialog(page).getByRole('button', { name: 'Send 2 changes' }).click();
    await page.locator('.identity', { hasText: '2 inserted' }).waitFor();
    expect(fixture().panel.people()).to.include.keys('five@example.test', 'six@example.test');
    fixture().allowErrors(/409/);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('cell', { name: 'Both rows are right' }).waitFor();
  });
}
