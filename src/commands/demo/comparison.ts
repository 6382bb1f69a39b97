import { isDeepStrictEqual } from 'node:util';
import type { RunReport } from '../../core/model/terms.ts';
import type { Person } from '../../simulator/panel/panel.ts';
import type { Expectation, Step } from './steps.ts';
import type { Playground } from './playground.ts';
import { openRejections } from '../runs/rejections.ts';
import { number } from '../shared/report-text.ts';

/** Where a report is not what the step told beforehand. */
export function deviations({ chapter, expected }: Step, report: RunReport): readonly string[] {
  const found: string[] = [];
  const told = (what: string, is: string | number, right: string | number): void => {
    found.push(`${chapter}: ${what} ${is}, not ${right}`);
  };
  if (report.error !== null) told('error', report.error.code, 'none');
  const rows = new Map(Object.entries(expected.rows));
  for (const [door, count] of Object.entries(report.rows)) {
    const right = rows.get(door) ?? 0;
    if (count !== right) told(door, count, right);
  }
  if (report.requests.sent > expected.mostRequests) told('requests', report.requests.sent, atMost(expected));
  return found;
}

function atMost({ mostRequests }: Expectation): string {
  return mostRequests === 0 ? '0' : `at most ${mostRequests}`;
}

/** The model's people and the Hub's, laid side by side. */
export interface Comparison {
  readonly inHub: number;
  readonly same: number;
  readonly different: number;
  /** In the Hub, no longer in the model. */
  readonly left: number;
  /** In the model, not in the Hub, and listed among the rejections: refused by us, refused by the Hub. */
  readonly invalid: number;
  readonly rejected: number;
  /** In the model, not in the Hub, and nothing says why. */
  readonly lost: number;
}

interface ModelPerson {
  readonly key: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly characteristics: Readonly<Record<string, unknown>>;
}

/** Written apart from the model and the mapping: an error in these must not hide itself. */
const modelPeople = `select distinct on (key) key,
    jsonb_build_object('email', trim(email), 'first_name', first_name, 'last_name', last_name, 'city', city,
      'country', country, 'phone_number', '+1' || regexp_replace(phone, '[^0-9]', '', 'g')) as fields,
    jsonb_build_object('plan', plan_tier, 'signed_up', signed_up_on::text, 'rating', rating,
      'newsletter', newsletter) as characteristics
  from (select *, lower(trim(email)) as key from people) as keyed
  where key <> ''
  order by key, id`;

export async function compare({ app, warehouse, simulator }: Playground): Promise<Comparison> {
  const people = await warehouse.rows<ModelPerson>(modelPeople);
  const { rejections } = await openRejections(app, 'people', null);
  const refusedBy = new Map(rejections.map(({ key, by }) => [key, by]));
  const fates = people.map((person) => {
    const held = simulator.people.get(person.key);
    if (held === undefined) return refusedBy.get(person.key) ?? 'lost';
    return isSame(person, held) ? 'same' : 'different';
  });
  const count = (fate: (typeof fates)[number]): number => fates.filter((one) => one === fate).length;
  const inHub = simulator.people.size;
  const same = count('same');
  const different = count('different');
  const missing = { invalid: count('validation'), rejected: count('destination'), lost: count('lost') };
  return { inHub, same, different, left: inHub - same - different, ...missing };
}

function isSame(person: ModelPerson, held: Person): boolean {
  // Copies, because objects without a prototype would count as different.
  return (
    isDeepStrictEqual({ ...held.fields }, person.fields) &&
    isDeepStrictEqual({ ...held.characteristics }, person.characteristics)
  );
}

export function comparisonFaults({ different, lost }: Comparison): readonly string[] {
  const faults: string[] = [];
  if (different > 0) faults.push(`${number(different)} people differ between the model and the Hub`);
  if (lost > 0) faults.push(`${number(lost)} people of the model are not in the Hub, and nothing says why`);
  return faults;
}

export function comparisonText(comparison: Comparison): string {
  const { inHub, same, different, left, invalid, rejected, lost } = comparison;
  return `The Hub holds ${number(inHub)} people. ${number(same)} of them are in the model, with the same value in every field; ${number(different)} differ;
${number(left)} have left the model. ${number(invalid + rejected)} people of the model are not in the Hub: ${number(invalid)} with a malformed e-mail and
${number(rejected)} whom the Hub refused, all of them listed above. ${number(lost)} are missing without a reason.`;
}
