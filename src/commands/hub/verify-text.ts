import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { Verification } from '../../sync/audit/verify.ts';
import { pluralize, formatNumber, sanitize, valueText } from '../shared/report-text.ts';

export interface VerificationView {
  readonly sync: SyncSettings;
  readonly ignoreUnknown: boolean;
  readonly verification: Verification;
}

/** Whether Hub and snapshot hold the same, as far as was looked. */
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
    sectionText('Missing in the Hub', counts.missing, view.verification.missing.map(sanitize)),
    sectionText('Different', counts.verdicts.different, view.verification.different.map(differenceText)),
    sectionText('In the Hub, unknown here', counts.verdicts.unknown, view.verification.unknown.map(sanitize)),
    repairText(view),
    error === null ? '' : `${colours.red(error.message)}\n  ${error.hint}`,
    view.verification.whole ? '' : sampleNote,
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

const sampleNote =
  'A sample sees people who differ, and people of the Hub whom the snapshot does not know. It cannot see who is missing in the Hub: the Hub can be asked for pages of its list, not for a person.';

function comparedText({ verification: { counts, whole, total } }: VerificationView): string {
  const { same, different, unknown, moved } = counts.verdicts;
  const compared = same + different + unknown + moved;
  const people = pluralize(compared, 'person', 'people');
  if (!whole) return `${people} of ${total === null ? 'the' : formatNumber(total)} in the Hub looked at`;
  return `${people} in the Hub, ${formatNumber(counts.snapshot)} in the snapshot`;
}

function countsText({ verification }: VerificationView, terminal: Terminal): string {
  const { counts, whole, unusable } = verification;
  const { same, different, unknown, moved } = counts.verdicts;
  const countRows: readonly (readonly [number, string, string])[] = [
    [same, 'same', ''],
    [whole ? counts.missing : 0, 'missing', 'in the snapshot, not in the Hub'],
    [different, 'different', 'the Hub holds other values'],
    [unknown, 'unknown', 'in the Hub, not in the snapshot'],
    [moved, 'moved', 'settled by a run meanwhile: not compared'],
    [unusable, 'unusable', 'entries of the list without an e-mail'],
  ];
  const rows = countRows
    .filter(([count, name]) => count > 0 || name === 'same')
    .map(([count, name, description]) => [formatNumber(count).padStart(12), name, terminal.colours.dim(description)]);
  return terminal.table([], rows);
}

function sectionText(title: string, total: number, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const count = lines.length < total ? `${formatNumber(lines.length)} of ${formatNumber(total)}` : formatNumber(total);
  return `${title} (${count}):\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function differenceText({ email, fields }: Verification['different'][number]): string {
  const lines = Object.entries(fields).map(
    ([field, [snapshotValue, hubValue]]) =>
      `    ${sanitize(field)}: ${valueText(snapshotValue)} here, ${valueText(hubValue)} in the Hub`,
  );
  return [sanitize(email), ...lines].join('\n  ');
}

/** What a repair would do, where none was asked for. */
function repairHintText({ sync, verification }: VerificationView): string {
  const { counts, whole, error } = verification;
  const { different } = counts.verdicts;
  const missing = whole ? counts.missing : 0;
  if (error !== null || missing + different === 0) return '';
  const effects = [
    ...(different > 0 && sync.mode !== 'insert' ? ['lets the next run send those who differ'] : []),
    ...(missing > 0 ? ['keeps those who are missing from being sent again'] : []),
  ];
  return effects.length === 0
    ? 'Nothing was changed. Those who differ stay as they are, because insert mode overwrites nobody.'
    : `Nothing was changed. panelsync verify ${sync.name} --repair ${effects.join(', and ')}.`;
}

function repairText(view: VerificationView): string {
  const { sync, verification } = view;
  const { repair, counts } = verification;
  const { different } = counts.verdicts;
  if (repair === null) return repairHintText(view);
  const leftUnchanged = different - repair.different;
  const consequence =
    sync.mode === 'update' ? 'update mode skips them from now on' : 'the next run creates those whom the model holds';
  const repairRows: readonly (readonly [number, string])[] = [
    [leftUnchanged, 'different: left as they are, because insert mode overwrites nobody.'],
    [repair.different, 'different: the next run sends those whom the model holds otherwise than the Hub.'],
    [
      repair.withheld,
      `missing in the Hub: withheld from now on, because somebody may have asked to be deleted.${sync.mode === 'update' ? '' : ' --recreate lets them be created again.'}`,
    ],
    [repair.recreated, `missing in the Hub: no longer in the snapshot; ${consequence}.`],
  ];
  const applied = repairRows.filter(([people]) => people > 0);
  if (applied.length === 0) return 'There was nothing to repair.';
  return applied.map(([people, description]) => `${pluralize(people, 'person', 'people')} ${description}`).join('\n');
}
