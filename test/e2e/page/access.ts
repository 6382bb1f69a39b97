import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { http } from '../../helpers/network/http-request.ts';
import { operateToken, readToken } from '../../helpers/browser/page-fixture.ts';
import type { PageFixture } from '../../helpers/browser/page-fixture.ts';

/** The rows of the list on the page, as the button gives them. */
async function downloadCsv(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).to.equal('run-1-rejections.csv');
  return readFile(await download.path(), 'utf8');
}

/** Who may see and do what. */
export function accessCases(fixture: () => PageFixture): void {
  it('asks for a token, says when it is wrong, and lets out again', async () => {
    const page = await fixture().open('/runs/1', { token: null });
    await page.getByLabel('Token').fill('a-wrong-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The token is wrong.').waitFor();
    await page.getByLabel('Token').fill(operateToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Run 1' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    fixture().allowErrors(/401/);
  });

  it('offers no actions to the token that only reads, and the server refuses them', async () => {
    const page = await fixture().open('/syncs/panel', { token: readToken });
    await page.getByText('Read only').waitFor();
    await page.getByRole('heading', { name: 'panel' }).waitFor();
    expect(await page.getByRole('button', { name: /Run now|Pause|Show people/ }).count()).to.equal(0);
    const answer = await page.evaluate<number>(
      `fetch('/api/syncs/panel/runs', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
         .then((response) => response.status)`,
    );
    expect(answer).to.equal(403);
    fixture().allowErrors(/403/);
  });

  it('refuses what another site makes a browser send', async () => {
    const page = await fixture().open('/');
    const [cookie] = await page.context().cookies();
    expect(cookie).to.include({ httpOnly: true, sameSite: 'Strict' });
    const answer = await http(`${fixture().url}/api/syncs/panel/pause`, {
      method: 'POST',
      headers: {
        cookie: `${cookie?.name}=${cookie?.value}`,
        origin: 'https://elsewhere.example',
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/json',
      },
      body: '{}',
    });
    expect(answer.status).to.equal(403);
  });

  it('asks to sign in again when the session has ended', async () => {
    const page = await fixture().open('/');
    await page.locator('[data-sync=panel]').waitFor();
    await page.context().request.post(`${fixture().url}/api/session/end`, { data: {} });
    await page.getByText('Your session has ended.').waitFor();
    fixture().allowErrors(/401/);
  });

  it('asks for no token where none is set, and then names nobody', async () => {
    const page = await fixture().openWithoutTokens('/syncs/panel?tab=rejections');
    await page.getByText('This list names people, so it needs a token.').waitFor();
    await page.getByRole('button', { name: 'Run now' }).waitFor();
    expect(await page.getByRole('button', { name: /Sign out|Show people/ }).count()).to.equal(0);
  });

  it('masks people until they are asked for, on record', async () => {
    const page = await fixture().open('/runs/1?tab=rejections');
    const row = page.getByRole('row').nth(1);
    await row.waitFor();
    expect(await page.getByText('refused-11@example.test').count()).to.equal(0);
    await page.getByText('People are masked').waitFor();
    expect(await page.getByLabel('Search by e-mail or key').count()).to.equal(0);
    expect(await downloadCsv(page))
      .to.contain('\r\nr•••@e•••.test,destination,')
      .and.to.not.contain('-11@');
    await page.getByRole('button', { name: 'Show people' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Support case 12');
    await page.getByRole('dialog').getByRole('button', { name: 'Show people' }).click();
    await page.getByRole('link', { name: 'refused-11@example.test' }).waitFor();
    expect(await downloadCsv(page)).to.contain('\r\nrefused-11@example.test,destination,');
    await page.getByLabel('Search by e-mail or key').fill('refused-11@');
    await page.getByRole('link', { name: 'refused-91@example.test' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('cell', { name: 'show people' }).waitFor();
    await page.getByRole('cell', { name: 'Support case 12' }).waitFor();
    await page.getByRole('button', { name: 'Hide people' }).click();
    await page.getByRole('button', { name: 'Show people' }).waitFor();
  });
}
