import type { Mapping } from '../settings.ts';
import { fieldNames } from './terms.ts';
import type { FieldName } from './terms.ts';

/** What a column of a CSV file fills. */
export type CsvTarget =
  { readonly kind: 'field'; readonly field: FieldName } | { readonly kind: 'characteristic'; readonly slug: string };

export interface CsvColumn {
  readonly header: string;
  readonly index: number;
  readonly target: CsvTarget;
}

export interface CsvColumns {
  readonly used: readonly CsvColumn[];
  /** Headers of columns that are no field of the sync's mapping. */
  readonly ignored: readonly string[];
}

/** Headers as people and other tools write them, beside the names themselves. */
const headerAliases: Readonly<Record<string, FieldName>> = {
  emailaddress: 'email',
  mail: 'email',
  recipientemail: 'email',
  primaryemail: 'email',
  recipientfirstname: 'first_name',
  recipientlastname: 'last_name',
  givenname: 'first_name',
  familyname: 'last_name',
  surname: 'last_name',
  phone: 'phone_number',
  jobtitle: 'title',
  companyname: 'company',
  organization: 'company',
  stateregion: 'state',
  stateprovince: 'state',
  countryregion: 'country',
};

/**
 * Which columns of a file fill which fields of a sync: as given, otherwise by their headers. A text is an error.
 * `explicit` is header ► field, such as `Plan tier` ► `characteristics.plan`.
 */
export function mapCsvColumns(
  header: readonly string[],
  mapping: Mapping,
  explicit: ReadonlyMap<string, string>,
): CsvColumns | string {
  const targets = targetsOf(mapping);
  const unmatched = [...explicit].find(
    ([name, field]) =>
      !header.some((column) => normalizeHeader(column) === normalizeHeader(name)) || !targets.has(field),
  );
  if (unmatched !== undefined) return unmatchedText(unmatched, header, targets);
  const byHeader = new Map([...explicit].map(([name, field]) => [normalizeHeader(name), field]));
  const names = new Set(header.map(normalizeHeader));
  const used: CsvColumn[] = [];
  const ignored: string[] = [];
  for (const [index, name] of header.entries()) {
    const field = byHeader.get(normalizeHeader(name));
    const target = field === undefined ? matchByHeader(name, { targets, explicit, names }) : targets.get(field);
    if (target === undefined) ignored.push(...(name === '' ? [] : [name]));
    else used.push({ header: name, index, target });
  }
  return duplicateTarget(used) ?? { used, ignored };
}

/** `city`, `characteristics.plan`: the name of a target in the configuration and in reports. */
export function targetName(target: CsvTarget): string {
  return target.kind === 'field' ? target.field : `characteristics.${target.slug}`;
}

function targetsOf(mapping: Mapping): ReadonlyMap<string, CsvTarget> {
  const fields = fieldNames.filter((field) => field === 'email' || mapping.fields[field] !== undefined);
  const targets = [
    ...fields.map((field) => ({ kind: 'field' as const, field })),
    ...Object.keys(mapping.characteristics).map((slug) => ({ kind: 'characteristic' as const, slug })),
  ];
  return new Map(targets.map((target) => [targetName(target), target]));
}

interface HeaderContext {
  readonly targets: ReadonlyMap<string, CsvTarget>;
  readonly explicit: ReadonlyMap<string, string>;
  /** All headers, normalized. */
  readonly names: ReadonlySet<string>;
}

/**
 * By its name, whatever its case, blanks, underscores and hyphens, or by another name that no column of the field's own
 * name makes needless; a field that has a column already is left out.
 */
function matchByHeader(header: string, { targets, explicit, names }: HeaderContext): CsvTarget | undefined {
  const name = normalizeHeader(header);
  const assigned = new Set(explicit.values());
  const match = [...targets].find(([field, target]) => {
    const targetKey = target.kind === 'field' ? target.field : target.slug;
    const matches =
      normalizeHeader(targetKey) === name ||
      normalizeHeader(field) === name ||
      (headerAliases[name] === field && !names.has(normalizeHeader(field)));
    return matches && !assigned.has(field);
  });
  return match?.[1];
}

function normalizeHeader(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_./-]/g, '');
}

function duplicateTarget(used: readonly CsvColumn[]): string | null {
  const seen = new Map<string, string>();
  for (const { header, target } of used) {
    const name = targetName(target);
    const other = seen.get(name);
    if (other !== undefined) return `the columns "${other}" and "${header}" would both fill ${name}`;
    seen.set(name, header);
  }
  return seen.has('email') ? null : 'no column holds the e-mail';
}

function unmatchedText(
  [name, field]: readonly [string, string],
  header: readonly string[],
  targets: ReadonlyMap<string, CsvTarget>,
): string {
  if (!targets.has(field)) return `the sync maps no "${field}"; it maps ${[...targets.keys()].join(', ')}`;
  return `there is no column "${name}"; there are ${header.map((column) => `"${column}"`).join(', ')}`;
}
