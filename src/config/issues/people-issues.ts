import type { ConfigIssue } from './issues.ts';
import { slugPattern } from '../schema/rules.ts';
import type { Setting } from '../setting.ts';
import { isMapping } from '../setting.ts';

type Issues = readonly ConfigIssue[];

/** Issues with how a sync follows people: what marks those who left, and what stays with those who do not. */
export function peopleIssues(sync: Setting): Issues {
  return [...removedIssues(sync), ...phoneIssues(sync), ...identityIssues(sync)];
}

function identityIssues(sync: Setting): Issues {
  const identity = sync.at('identity');
  if (identity.text === '') return [];
  if (sync.at('key').isPresent) {
    const hint = 'Remove identity: rows that are not keyed by e-mail keep their key when the e-mail changes.';
    return [identity.issue('is not allowed beside key', hint)];
  }
  const email = sync.at('mapping', 'email');
  const column = isMapping(email.value) ? email.at('column') : email;
  if (column.text !== identity.text) return [];
  return [identity.issue('is the column with the e-mail', 'Name a column that stays when the e-mail changes.')];
}

function phoneIssues(sync: Setting): Issues {
  const onInvalid = sync.at('mapping', 'phone_number', 'onInvalid');
  if (!onInvalid.isPresent || !sync.at('phone', 'invalid').isPresent) return [];
  return [onInvalid.issue('says the same as phone.invalid', 'Remove one of them.')];
}

function removedIssues(sync: Setting): Issues {
  const removed = sync.at('removed');
  if (!isMapping(removed.value)) return [];
  const insertOnly = sync.at('mode').value === 'insert';
  const hint = 'Set removed: report, or another mode: insert mode never updates people.';
  return [
    ...(insertOnly ? [removed.issue('needs mode upsert or update', hint)] : []),
    ...[removed.at('set'), removed.at('restore')].flatMap((mark) => markIssues(mark, sync.at('mapping'))),
  ];
}

/** The model decides about mapped fields, so a mark in one of them would be overwritten, or overwrite it. */
function markIssues(mark: Setting, mapping: Setting): Issues {
  if (!isMapping(mark.value)) return [];
  const fields = mark.children.filter(({ name }) => name !== 'characteristics' && name !== 'email');
  const characteristics = mark.at('characteristics').children;
  if (mark.children.length === 0 || (fields.length + characteristics.length === 0 && !mark.at('email').isPresent))
    return [mark.issue('sets no field', 'Name at least one, such as characteristics: { in_panel: false }.')];
  const mapped = [
    ...fields.filter(({ name }) => mapping.at(name).isPresent),
    ...characteristics.filter(({ name }) => mapping.at('characteristics', name).isPresent),
  ];
  const hint = 'Choose a field that the mapping does not have, or remove it from the mapping.';
  return [
    ...mapped.map((field) => field.issue('is mapped to a column, which decides its value', hint)),
    ...characteristics
      .filter(({ name }) => !slugPattern.test(name))
      .map((slug) => slug.issue('is no valid slug: it must not start or end with a space')),
  ];
}
