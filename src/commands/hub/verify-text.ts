import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { Verification } from '../../sync/audit/verify.ts';
import { formatNumber, formatPeople } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { errorText, listSection, valueText } from '../shared/format.ts';

export interface VerificationView {
  readonly sync: SyncSettings;
  readonly ignoreUnknown: boolean;
  readonly verification: Verification;
}

/** Whether Hub and snapshot hold the same, as far as they were compared. */
export function isAgreed({ verification, ignoreUnknown }: VerificationView): boolean {
  const { counts, whole } = verification;
  const { different, unknown } = counts.verdicts;
  return different === 0 && (ignoreUnknown || unknown === 0) && (!whole || counts.missing === 0);
}

/** The document of `verify --json`. */
export function verificationDocument(view: VerificationView): object {
  const { counts, whole, total, unusable, repair, error } = view.verification;
  const { same, different, unknown, moved } = counts.verdicts;
  return {
    sync: view.sync.name,
    agreed: isAgreed(view),
    sampled: !whole,
    snapshot: counts.snapshot,
    hub: total,
    compared: same + different + unknown + moved,
    same,
    missing: whole ? counts.missing : null,
    different,
    unknown,
    moved,
    unusable,
    people: {
      missing: view.verification.missing,
      different: view.verification.different,
      unknown: view.verification.unknown,
    },
    repair,
    error: error === null ? null : { code: error.code, message: error.message, hint: error.hint },
  };
}

/** A verification for people. */
export function verificationText(view: VerificationView, terminal: Terminal): string {
  const { colours } = terminal;
  const { counts, error } = view.verification;
  const agreed = isAgreed(view);
  const verdict = agreed ? colours.green('agreed') : colours.yellow('differs');
  const heading = `${verdict}  ${view.sync.name}  ${colours.dim(comparedText(view))}`;
  const sections = [
    heading,
    countsText(view, terminal),
    listSection('Missing in the Hub', view.verification.missing.map(sanitize), counts.missing),
    listSection('Different', view.verification.different.map(differenceText), counts.verdicts.different),
    listSection('In the Hub only', view.verification.unknown.map(sanitize), counts.verdicts.unknown),
    repairText(view),
    error === null ? '' : errorText(error, colours),
    view.verification.whole ? '' : sampleNote,
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

const sampleNote =
  'A sample finds people who differ and people who are in the Hub only. It cannot find people who are missing in the Hub.';

function comparedText({ verification: { counts, whole, total } }: VerificationView): string {
  const { same, different, unknown, moved } = counts.verdicts;
  const compared = same + different + unknown + moved;
  const people = formatPeople(compared);
  if (!whole) return `${people} of ${total === null ? 'those' : formatNumber(total)} in the Hub compared`;
  return `${people} in the Hub, ${formatNumber(counts.snapshot)} in the snapshot`;
}

function countsText({ verification }: VerificationView, terminal: Terminal): string {
  const { counts, whole, unusable } = verification;
  const { same, different, unknown, moved } = counts.verdicts;
  const countRows: readonly (readonly [number, string, string])[] = [
    [same, 'same', ''],
    [whole ? counts.missing : 0, 'missing', 'in the snapshot, not in the Hub'],
    [different, 'different', 'other values in the Hub'],
    [unknown, 'unknown', 'in the Hub, not in the snapshot'],
    [moved, 'moved', 'changed by a run meanwhile: not compared'],
    [unusable, 'unusable', 'entries of the Hub without an e-mail'],
  ];
  const rows = countRows
    .filter(([count, name]) => count > 0 || name === 'same')
    .map(([count, name, description]) => [formatNumber(count).padStart(12), name, terminal.colours.dim(description)]);
  return terminal.table([], rows);
}

function differenceText({ email, fields }: Verification['different'][number]): string {
  const lines = Object.entries(fields).map(
    ([field, [snapshotValue, hubValue]]) =>
      `    ${sanitize(field)}: ${valueText(snapshotValue)} in the snapshot, ${valueText(hubValue)} in the Hub`,
  );
  return [sanitize(email), ...lines].join('\n');
}

/** What a repair would do, where none was requested. */
function repairHintText({ sync, verification }: VerificationView): string {
  const { counts, whole, error } = verification;
  const { different } = counts.verdicts;
  const missing = whole ? counts.missing : 0;
  if (error !== null || missing + different === 0) return '';
  const effects = [
    ...(different > 0 && sync.mode !== 'insert' ? ['makes the next run send the people who differ'] : []),
    ...(missing > 0 ? ['keeps the missing people from being sent again'] : []),
  ];
  return effects.length === 0
    ? 'Nothing was changed. People who differ stay as they are, because insert mode overwrites nobody.'
    : `Nothing was changed. panelsync verify ${sync.name} --repair ${effects.join(', and ')}.`;
}

function repairText(view: VerificationView): string {
  const { sync, verification } = view;
  const { repair, counts } = verification;
  const { different } = counts.verdicts;
  if (repair === null) return repairHintText(view);
  const leftUnchanged = different - repair.different;
  const consequence =
    sync.mode === 'update' ? 'update mode skips them from now on' : 'the next run creates those who are in the model';
  const repairRows: readonly (readonly [number, string])[] = [
    [leftUnchanged, 'with other values in the Hub: left unchanged, because insert mode overwrites nobody.'],
    [repair.different, 'with other values in the Hub: the next run sends those who differ from the model as well.'],
    [
      repair.withheld,
      `missing in the Hub: suppressed from now on, because they may have asked to be deleted.${sync.mode === 'update' ? '' : ' --recreate creates them again.'}`,
    ],
    [repair.recreated, `missing in the Hub: no longer in the snapshot; ${consequence}.`],
  ];
  const applied = repairRows.filter(([people]) => people > 0);
  if (applied.length === 0) return 'Nothing had to be repaired.';
  return applied.map(([people, description]) => `${formatPeople(people)} ${description}`).join('\n');
}
