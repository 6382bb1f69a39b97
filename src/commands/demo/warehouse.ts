/** What a user of the demo would bring along: people in a warehouse, models over them, and a configuration. */

/** People in the warehouse when the story begins. */
export const initialPeople = 3000;

const firstNames = 'Ada Ben Chloe Diego Emma Farid Grace Hana Ivan Julia Kofi Lena Mateo Nora Omar Priya';
const lastNames = 'Adeyemi Baker Costa Dubois Evans Fischer Garcia Hughes Ito Jones Kaya Lopez Muller Novak Okafor';
const cities = 'Austin Boston Chicago Denver Oakland Portland Seattle';
const plans = 'free team pro';

function pickSql(words: string, indexSql: string): string {
  const list = words.split(' ');
  return `(array['${list.join("','")}'])[1 + (${indexSql}) % ${list.length}]`;
}

/** Made-up people as rows: the same numbers always give the same people. Nobody has these addresses and phones. */
function generatedPeopleSql(from: number, to: number): string {
  return `select id, first_name, last_name, lower(first_name || '.' || last_name || id || '@example.com') as email,
      '(' || 201 + id % 700 || ') 555-01' || lpad((id % 100)::text, 2, '0') as phone,
      ${pickSql(cities, 'id / 3')} as city, 'United States' as country, ${pickSql(plans, 'id')} as plan_tier,
      date '2023-01-01' + id % 900 as signed_up_on, (id * 7 % 50) / 10.0 as rating, id % 4 > 0 as newsletter,
      case when id % 3 = 1 then date '2026-01-01' + id % 200 end as last_seen_on, now() as loaded_at
    from (select id, ${pickSql(firstNames, 'id * 5')} as first_name, ${pickSql(lastNames, 'id * 11 + id / 16')} as last_name
          from generate_series(${from}, ${to}) as id) as numbered`;
}

export const createPeopleSql: readonly string[] = [
  `create table people as ${generatedPeopleSql(1, initialPeople)}`,
  'alter table people add primary key (id)',
  // What every table of people holds: blank and malformed e-mails, and people who are in it twice.
  'update people set email = null where id = 501',
  `update people set email = '   ' where id = 999`,
  `update people set email = replace(email, '@', ' at ') where id = 702`,
  `update people set email = replace(email, '@', '@@') where id = 1401`,
  `update people set email = split_part(email, '@', 1) where id = 2100`,
  'update people set email = upper(first.email) from people as first where people.id > 2995 and first.id = people.id - 2995',
];

export function addPeopleSql(from: number, to: number): string {
  return `insert into people ${generatedPeopleSql(from, to)}`;
}

/** What happens to the people in the warehouse while the demo is served: some change, and some come. */
export function changePeopleSql(round: number): readonly string[] {
  const firstNew = 1_000_000 + round * 3;
  return [
    `update people set plan_tier = case plan_tier when 'free' then 'team' when 'team' then 'pro' else 'free' end
     where id % 9 = ${round % 9}`,
    addPeopleSql(firstNew, firstNew + 2),
  ];
}

/** By their paths beside the configuration file. */
export const modelFiles: Readonly<Record<string, string>> = {
  'models/people.sql': `-- Everybody, one row a person. Where an e-mail comes twice, the first row counts.
select email, first_name, last_name, phone, city, country, plan_tier, signed_up_on, rating, newsletter
from people
order by id
`,
  'models/activity.sql': `-- When people were last seen. The sync is in update mode: it sends only people in its snapshot.
select email, last_seen_on
from people
where last_seen_on is not null
order by id
`,
};

/** The daemon of the demo. */
export interface DemoServer {
  readonly token: string;
}

/** The configuration; `hubUrl` is where the simulator listens. With a server, syncs have schedules. */
export function demoConfig(hubUrl: string, server: DemoServer | null): string {
  const schedule = (text: string): string => (server === null ? '' : `\n    schedule: '${text}'`);
  return `state:
  url: \${DATABASE_URL}
destination:
  apiKey: \${USER_INTERVIEWS_API_KEY}
  baseUrl: ${hubUrl} # the simulator; without this line: the Research Hub
  requestsPerMinute: 60000 # as fast as the simulator can; the Hub allows far less
sources:
  warehouse:
    type: postgres
    url: \${WAREHOUSE_URL}
syncs:
  people:
    source: warehouse
    model: models/people.sql
    mode: upsert${schedule('* * * * *')}
    mapping:
      email: email
      first_name: first_name
      last_name: last_name
      phone_number: phone
      city: city
      country: country
      characteristics:
        plan: plan_tier
        signed_up: signed_up_on
        rating: rating
        newsletter: newsletter
    phone: { defaultCountry: US }
  activity:
    source: warehouse
    model: models/activity.sql
    mode: update${schedule('*/5 * * * *')}
    mapping:
      email: email
      characteristics:
        last_seen: last_seen_on
log: { level: warn, format: pretty }
${server === null ? '' : `server: { port: 0, token: ${server.token} }\n`}`;
}
