import { expect } from 'chai';
import { example } from '../../helpers/docs/examples.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';

describe('the statement that shows what comparing in the warehouse costs', () => {
  it('runs on Postgres', async () => {
    const database = await createDatabase();
    await query(database.url, 'create schema analytics; create table analytics.people (email text, city text)');
    const statement = await example('docs/configuration.md#in-the-warehouse sql');
    const plan = await query<{ 'QUERY PLAN': string }>(database.url, statement);
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).to.match(/Aggregate.*actual/);
    await database.drop();
  });
});
