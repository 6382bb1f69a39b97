import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { RunReport } from '../../src/core/model/terms.ts';
import { defaultOptions } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { parseJsonOutput, runCli } from '../helpers/cli/cli.ts';
import type { CliEnvironment } from '../helpers/cli/cli.ts';
import { createDatabase, query, stopTestCluster } from '../helpers/postgres/postgres.ts';

/**
 * A sync on data that other people made: the customers of the Chinook sample database, with what they bought, go to
 * the Hub simulator through the built command line. Takes the path of chinook_postgres.sql, which is not part of
 * this project (github.com/lerocha/chinook-database); ends with 1 when anything is not as it should be.
 */

const config = fileURLToPath(new URL('../../../test/e2e/chinook/panelsync.yaml', import.meta.url));

interface Shop {
  readonly url: string;
  readonly simulator: Simulator;
  readonly environment: CliEnvironment;
}

interface Customer {
  readonly email: string;
  readonly fields: object;
  readonly characteristics: object;
}

/**
 * What the Hub should hold, asked in another way than the model does. The country code of a phone number is followed
 * by no zero, save in Italy; one number has a digit too many and stays as it is written.
 */
const expectedCustomers = `
  select email,
    jsonb_build_object('email', email, 'first_name', first_name, 'last_name', last_name, 'phone_number',
      case when phone = '+453 3331 9991' then phone
        else '+' || regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^(3[123]|353|358|4[3469]|54|61|91)0', '\\1')
      end,
      'company', company, 'city', city, 'state', state, 'country', country) as fields,
    jsonb_build_object(
      'lifetime_value', (select coalesce(sum(total), 0) from invoice where customer_id = c.customer_id),
      'last_purchase', (select max(invoice_date)::date from invoice where customer_id = c.customer_id),
      'invoices', (select count(*) from invoice where customer_id = c.customer_id),
      'favourite_genre', (
        select g.name from invoice i, invoice_line l, track t, genre g
        where i.customer_id = c.customer_id and l.invoice_id = i.invoice_id and t.track_id = l.track_id
          and g.genre_id = t.genre_id
        group by g.name order by sum(l.quantity) desc, g.name limit 1
      )) as characteristics
  from customer c`;

/** After these, four customers have other values, one is gone and another changed where nobody looks. */
const changes = `
  update customer set city = 'Porto' where customer_id = 7;
  update customer set company = 'Chinook Friends', state = null where customer_id in (16, 17);
  update customer set fax = '+1 (555) 010-0000' where customer_id = 20;
  insert into invoice (invoice_id, customer_id, invoice_date, total) values (9001, 30, '2026-02-03', 12.87);
  insert into invoice_line (invoice_line_id, invoice_id, track_id, unit_price, quantity) values (90001, 9001, 1, 0.99, 13);
  delete from invoice_line where invoice_id in (select invoice_id from invoice where customer_id = 59);
  delete from invoice where customer_id = 59;
  delete from customer where customer_id = 59;`;
const changedIds = [7, 16, 17, 30];

const failures: string[] = [];

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  failures.push(what);
  print(`NOT AS IT SHOULD BE: ${what}\n  is     ${JSON.stringify(actual)}\n  should ${JSON.stringify(expected)}`);
}

/** Runs a command as a person would, shows what it prints, and fails on another exit code than 0. */
async function panelsync(shop: Shop, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runCli([...args, '--config', config], shop.environment);
  print(`$ panelsync ${args.join(' ')}\n${stdout}${stderr}`);
  expectEqual(`exit code of ${args.join(' ')}`, code, 0);
}

/** One run, its report shown and returned. */
async function sync(shop: Shop): Promise<RunReport> {
  await panelsync(shop, 'run', 'customers');
  return parseJsonOutput<RunReport>(await runCli(['show', 'latest', '--json', '--config', config], shop.environment));
}

/** The rows of a report that are not zero, and its requests. */
function counts({ rows, requests }: RunReport): Readonly<Record<string, number>> {
  const used = Object.entries(rows).filter(([, count]) => count > 0);
  return { ...Object.fromEntries(used), requests: requests.sent };
}

async function load(file: string, url: string): Promise<void> {
  const script = await readFile(file, 'utf8');
  // The database exists already, and \c is a command of psql.
  await query(url, script.replace(/^(?:drop database|create database|\\c) .*$/gim, ''));
  const [found] = await query<{ customers: number; invoices: number }>(
    url,
    'select (select count(*) from customer)::int as customers, (select count(*) from invoice)::int as invoices',
  );
  print(`Loaded ${found?.customers ?? 0} customers and ${found?.invoices ?? 0} invoices.\n`);
}

/** Every customer in the Hub, with the right value in every field. */
async function compare({ url, simulator }: Shop): Promise<void> {
  const customers = await query<Customer>(url, expectedCustomers);
  for (const { email, fields, characteristics } of customers) {
    const person = simulator.people.get(email.toLowerCase());
    const actual = { fields: { ...person?.fields }, characteristics: { ...person?.characteristics } };
    expectEqual(email, actual, { fields, characteristics });
  }
  print(
    `Compared ${customers.length} customers with the ${simulator.people.size} people in the Hub, field by field.\n`,
  );
}

async function verifyRuns(shop: Shop): Promise<void> {
  const [all] = await query<{ customers: number }>(shop.url, 'select count(*)::int as customers from customer');
  const customers = all?.customers ?? 0;
  await panelsync(shop, 'check');
  await panelsync(shop, 'plan', 'customers', '--limit', '2');
  const requests = Math.ceil(customers / 20);
  expectEqual('first run', counts(await sync(shop)), { read: customers, inserted: customers, requests });
  await compare(shop);
  expectEqual('second run', counts(await sync(shop)), { read: customers, unchanged: customers, requests: 0 });

  await query(shop.url, changes);
  print('Changed: a city, two companies, a fax number, a new invoice; one customer is gone.\n');
  await panelsync(shop, 'plan', 'customers');
  const updated = changedIds.length;
  const unchanged = customers - 1 - updated;
  const expected = { read: customers - 1, unchanged, updated, removed: 1, requests: 1 };
  expectEqual('run after the changes', counts(await sync(shop)), expected);
  await compare(shop);
  await compareSent(shop);
  expectEqual('people in the Hub', shop.simulator.people.size, customers);
}

/** The changed customers were sent twice, everybody else once. */
async function compareSent({ url, simulator }: Shop): Promise<void> {
  const changed = await query<{ email: string }>(
    url,
    `select lower(email) as email from customer where customer_id in (${changedIds.join(', ')})`,
  );
  const sentAgain = [...simulator.counters.applied].filter(([, times]) => times > 1);
  const expected = changed.map(({ email }) => [email, 2]);
  expectEqual('who was sent again', Object.fromEntries(sentAgain), Object.fromEntries(expected));
}

async function main(file: string): Promise<void> {
  const database = await createDatabase();
  const simulator = await startSimulator();
  try {
    const env = {
      DATABASE_URL: database.url,
      WAREHOUSE_URL: database.url,
      HUB_URL: simulator.url,
      USER_INTERVIEWS_API_KEY: defaultOptions.apiKey,
    };
    await load(file, database.url);
    await verifyRuns({ url: database.url, simulator, environment: { cwd: process.cwd(), env } });
  } finally {
    await simulator.close();
    await database.drop();
    await stopTestCluster();
  }
}

const [, , file] = process.argv;
if (file === undefined) throw new Error('Give the path of chinook_postgres.sql.');
await main(file);
print(
  failures.length === 0 ? 'Chinook: everything as it should be.' : `Chinook: ${failures.length} things are not right.`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
