import { expect } from 'chai';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';

/** What happens to an open page while the world changes. */
export function liveCases(fixture: () => PageFixture): void {
  it('shows 100,000 rejections page by page', async () => {
    await fixture().panel.sql(manyRejections);
    const page = await fixture().open('/syncs/panel?tab=rejections');
    await page.getByRole('button', { name: /100,000.*not a phone number/ }).click();
    await page.getByText('Rows 1 to 50 of 100,000').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Rows 51 to 100 of 100,000').waitFor();
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByText('Rows 1 to 50 of 100,000').waitFor();
    await page.getByRole('button', { name: 'Show people' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Show people' }).click();
    await page.getByLabel('Search').fill('many-77777@');
    await page.getByRole('link', { name: 'many-77777@' }).waitFor();
    await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
    expect(await page.locator('tbody tr').count()).to.equal(1);
    await fixture().panel.sql("delete from panelsync.rejections where key like 'many-%'");
  });

  it('says when the state database is away, and goes on when it is back', async () => {
    const page = await fixture().open('/');
    await page.locator('[data-sync=panel]').waitFor();
    await fixture().proxy.refuse(true);
    fixture().proxy.cutAll();
    await page.getByRole('alert').getByText('state database').first().waitFor();
    // What was known stays in view.
    expect(await page.locator('[data-sync=panel]').count()).to.equal(1);
    await fixture().proxy.refuse(false);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    fixture().allowErrors(/503/);
  });

  it('connects again when another daemon takes over, and asks to sign in', async () => {
    const page = await fixture().open('/');
    await page.getByText('Live', { exact: true }).waitFor();
    await fixture().restartDaemon(async () => {
      await page.getByText('Connection lost').waitFor();
    });
    await page.getByText('Your session has ended.').waitFor();
    fixture().allowErrors(/net::ERR_|401|503/);
  });
}

const manyRejections = `
  insert into panelsync.rejections (sync_id, key, email, refused_by, code, message, field, reason, errors, run_id,
    seen_run_id, from_run_id)
  select syncs.id, 'many-' || at || '@example.test', 'many-' || at || '@example.test', 'validation', 'phone_invalid',
    'not a phone number', 'phone_number', 'not a phone number',
    '[{"code":"phone_invalid","message":"not a phone number","field":"phone_number"}]', 1, 1, 1
  from generate_series(1, 100000) as at, panelsync.syncs where syncs.name = 'panel'`;
