import type { Request } from 'express';
import type { ListedRow, RowListName, RowQuery } from '../../core/ports/row-lists.ts';
import { rowSorts } from '../../core/ports/row-lists.ts';
import { byteOrderMark, csvLine } from '../../lib/csv.ts';
import type { CsvCell } from '../../lib/csv.ts';
import type { DaemonApi, Page } from '../api.ts';
import { PeopleExport } from '../people/people.ts';
import type { PeopleVisibility } from '../people/people.ts';
import { badRequestError, maskedPeopleError } from './error-response.ts';
import type { Pages } from './page.ts';
import { readChoice, readQuery } from './query.ts';

const defaultLimit = 100;

/** Rows that an export reads at once. */
const exportLimit = 5000;

const maxSearchLength = 200;

/** The columns of a list as CSV, by the names of its JSON. Where rows have another key, it stands for the e-mail. */
const csvColumns: Readonly<Record<RowListName['list'], readonly string[]>> = {
  rejections: ['email', 'by', 'code', 'message', 'field', 'runId', 'firstSeenAt', 'lastSeenAt', 'attempts'],
  skips: ['email', 'reason'],
  duplicates: ['email', 'rows'],
  renames: ['email', 'previousEmail', 'reason', 'runId', 'at'],
  removed: ['email', 'reason', 'renamedTo', 'fromRunId', 'since'],
  deferred: ['email', 'operation', 'reason', 'message', 'batch'],
};

const parameters = ['reason', 'field', 'message', 'q', 'sort', 'limit', 'cursor', 'format', 'bom'] as const;

export interface RowTools {
  readonly api: DaemonApi;
  readonly pages: Pages;
}

interface RowsRequest {
  readonly request: Request;
  readonly visibility: PeopleVisibility;
  readonly name: RowListName;
}

/** A page of a list as JSON, or all of it as CSV. */
export async function answerRows(
  { api, pages }: RowTools,
  { request, visibility, name }: RowsRequest,
): Promise<object> {
  const { format, bom, limit, cursor, ...query } = readQuery(request, parameters);
  const filter = { ...readFilter(query), ...readSort(name.list, query.sort) };
  if (visibility === 'masked') requireMaskedOrder(query, filter);
  const shuffledBy = visibility === 'masked' ? pages.shuffleKey : null;
  const withBom = readChoice(bom, 'bom', ['true', 'false']) === 'true';
  if (isCsvWanted(request, format)) {
    const all = { ...filter, shuffledBy, limit: exportLimit, after: null };
    return exportRows(api, { name, query: all, bom: withBom });
  }
  const list = `rows ${JSON.stringify([visibility, name, filter])}`;
  const page = pages.read(list, { limit, cursor }, defaultLimit);
  return pages.document(list, await api.rows(name, { ...filter, shuffledBy, ...page }));
}

/**
 * A search says letter by letter what an e-mail is, and so does its place among others that somebody has chosen. So who
 * sees no people searches for none, and gets rows in an order that tells nothing.
 */
function requireMaskedOrder(
  { q, sort }: Readonly<Partial<Record<'q' | 'sort', string>>>,
  filter: Pick<RowQuery, 'sort'>,
): void {
  if (q !== undefined || (sort !== undefined && filter.sort === 'key')) throw maskedPeopleError();
}

function isCsvWanted(request: Request, format: string | undefined): boolean {
  const chosen = readChoice(format, 'format', ['json', 'csv']);
  return chosen === null ? request.accepts(['json', 'text/csv']) === 'text/csv' : chosen === 'csv';
}

function readFilter(query: Readonly<Partial<Record<'reason' | 'field' | 'message' | 'q', string>>>) {
  const { reason = null, field = null, message = null, q = '' } = query;
  if (q.length > maxSearchLength) {
    throw badRequestError(`q has more than ${maxSearchLength} characters.`, 'Search for a shorter text.');
  }
  return { reason, field, message, search: q === '' ? null : q };
}

/** A name to sort by, with `-` before it for the greatest first. */
function readSort(list: RowListName['list'], text = 'key'): Pick<RowQuery, 'sort' | 'descending'> {
  const descending = text.startsWith('-');
  const sort = readChoice(descending ? text.slice(1) : text, 'sort', rowSorts[list]) ?? 'key';
  return { sort, descending };
}

interface ExportRequest {
  readonly name: RowListName;
  readonly query: RowQuery;
  /** Whether it begins with a byte order mark. */
  readonly bom: boolean;
}

/** The first page is read before the answer begins, so that a wrong request is answered with an error. */
async function exportRows(api: DaemonApi, { name, query, bom }: ExportRequest): Promise<PeopleExport> {
  const columns = csvColumns[name.list];
  const first = await api.rows(name, query);
  const line = (cells: readonly CsvCell[]): string => `${csvLine(cells)}\r\n`;
  return new PeopleExport({
    contentType: 'text/csv; charset=utf-8; header=present',
    fileName: `${'runId' in name ? `run-${name.runId}-` : ''}${name.list}.csv`,
    head: (bom ? byteOrderMark : '') + line(columns),
    rows: allRows(first, (after) => api.rows(name, { ...query, after })),
    format: (row) => {
      const cells = new Map(Object.entries(row));
      return line(columns.map((column) => toCell(cells.get(column) ?? (column === 'email' ? cells.get('key') : null))));
    },
  });
}

/** A page at a time: memory does not grow with the list, and the database waits for nobody. */
async function* allRows(
  first: Page<ListedRow>,
  read: (after: string) => Promise<Page<ListedRow>>,
): AsyncGenerator<ListedRow> {
  let page = first;
  for (;;) {
    yield* page.items;
    if (page.next === null) return;
    page = await read(page.next);
  }
}

function toCell(value: unknown): CsvCell {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
