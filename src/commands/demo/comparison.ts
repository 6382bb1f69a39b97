import { isDeepStrictEqual } from 'node:util';
import type { RunReport } from '../../core/model/terms.ts';
import type { Person } from '../../simulator/panel/panel.ts';
import type { StepExpectation, DemoStep } from './steps.ts';
import type { Playground } from './playground.ts';
import { formatNumber } from '../../lib/format.ts';
import { loadRejections } from '../shared/rejections.ts';

/** Where a report differs from what the step announces. */
export function deviations({ chapter, expected }: DemoStep, report: RunReport): readonly string[] {
  const messages: string[] = [];
  const addDeviation = (what: string, actual: string | number, wanted: string | number): void => {
    messages.push(`${chapter}: ${what} ${actual}, not ${wanted}`);
  };
  if (report.error !== null) addDeviation('error', report.error.code, 'none');
  const rows = new Map(Object.entries(expected.rows));
  for (const [outcome, count] of Object.entries(report.rows)) {
    const wanted = rows.get(outcome) ?? 0;
    if (count !== wanted) addDeviation(outcome, count, wanted);
  }
  if (report.requests.sent > expected.maxRequests)
    addDeviation('requests', report.requests.sent, requestLimitText(expected));
  return messages;
}

function requestLimitText({ maxRequests: mostRequests }: StepExpectation): string {
  return mostRequests === 0 ? '0' : `at most ${mostRequests}`;
}

/** The people of the model compared with those of the Hub. */
export interface Comparison {
  readonly inHub: number;
  readonly same: number;
  readonly different: number;
  /** In the Hub, no longer in the model. */
  readonly removed: number;
  /** In the model, not in the Hub, and listed as rejections: by validation, by the Hub. */
  readonly invalid: number;
  readonly rejected: number;
  /** In the model, not in the Hub, without a reason on record. */
  readonly lost: number;
}

interface ModelPerson {
  readonly key: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly characteristics: Readonly<Record<string, unknown>>;
}

/** Written apart from the model and the mapping, so that an error in those shows. */
const modelPeopleSql = `select distinct on (key) key,
    jsonb_build_object('email', trim(email), 'first_name', first_name, 'last_name', last_name, 'city', city,
      'country', country, 'phone_number', '+1' || regexp_replace(phone, '[^0-9]', '', 'g')) as fields,
    jsonb_build_object('plan', plan_tier, 'signed_up', signed_up_on::text, 'rating', rating,
      'newsletter', newsletter) as characteristics
  from (select *, lower(trim(email)) as key from people) as keyed
  where key <> ''
  order by key, id`;

export async function compare({ app, warehouse, simulator }: Playground): Promise<Comparison> {
  const people = await warehouse.rows<ModelPerson>(modelPeopleSql);
  const { rejections } = await loadRejections(app, 'people', { limit: null, reason: null });
  const rejectedBy = new Map(rejections.map(({ key, by }) => [key, by]));
  const outcomes = people.map((person) => {
    const hubPerson = simulator.people.get(person.key);
    if (hubPerson === undefined) return rejectedBy.get(person.key) ?? 'lost';
    return isSame(person, hubPerson) ? 'same' : 'different';
  });
  const count = (outcome: (typeof outcomes)[number]): number => outcomes.filter((other) => other === outcome).length;
  const inHub = simulator.people.size;
  const same = count('same');
  const different = count('different');
  const missingCounts = { invalid: count('validation'), rejected: count('destination'), lost: count('lost') };
  return { inHub, same, different, removed: inHub - same - different, ...missingCounts };
}

function isSame(person: ModelPerson, hubPerson: Person): boolean {
  // Copies, because objects without a prototype would count as different.
  return (
    isDeepStrictEqual({ ...hubPerson.fields }, person.fields) &&
    isDeepStrictEqual({ ...hubPerson.characteristics }, person.characteristics)
  );
}

export function comparisonProblems({ different, lost }: Comparison): readonly string[] {
  const problems: string[] = [];
  if (different > 0) problems.push(`${formatNumber(different)} people differ between the model and the Hub`);
  if (lost > 0)
    problems.push(`${formatNumber(lost)} people of the model are not in the Hub, without a reason on record`);
  return problems;
}

export function comparisonText(comparison: Comparison): string {
  const { inHub, same, different, removed, invalid, rejected, lost } = comparison;
  return `The Hub holds ${formatNumber(inHub)} people: ${formatNumber(same)} are in the model with the same value in every field, ${formatNumber(different)} differ, and
${formatNumber(removed)} have left the model. ${formatNumber(invalid + rejected)} people of the model are not in the Hub: ${formatNumber(invalid)} have a malformed e-mail, and the Hub
rejected ${formatNumber(rejected)}; all are listed above. ${formatNumber(lost)} are missing without a reason.`;
}
