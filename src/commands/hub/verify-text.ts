import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal.ts';
import type { Verification } from '../../sync/audit/verify.ts';
import { counted, number, plain, valueText } from '../shared/report-text.ts';

export interface Told {
  readonly sync: SyncSettings;
  readonly ignoreUnknown: boolean;
  readonly verification: Verification;
}

/** Whether Hub and snapshot hold the same, as far as was looked. */
export function isAgreed({ verification, ignoreUnknown }: Told): boolean {
  const { counts, whole } = verification;
  const { different, unknown } = counts.verdicts;
  return different === 0 && (ignoreUnknown || unknown === 0) && (!whole || counts.missing === 0);
}

/** The document of `verify --json`. */
export function verificationDocument(told: Told): object {
  const { counts, whole, total, unusable, repair, error } = told.verification;
  const { same, different, unknown, moved } = counts.verdicts;
  return {
    sync: told.sync.name,
    agreed: isAgreed(told),
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
      missing: told.verification.missing,
      different: told.verification.different,
      unknown: told.verification.unknown,
    },
    repair,
    error: error === null ? null : { code: error.code, message: error.message, hint: error.hint },
  };
}

/** A verification for people. */
export function verificationText(told: Told, terminal: Terminal): string {
  const { colours } = terminal;
  const { counts, error } = told.verification;
  const agreed = isAgreed(told);
  const verdict = agreed ? colours.green('agreed') : colours.yellow('differs');
  const head = `${verdict}  ${told.sync.name}  ${colours.dim(comparedText(told))}`;
  const parts = [
    head,
    countsText(told, terminal),
    section('Missing in the Hub', counts.missing, told.verification.missing.map(plain)),
    section('Different', counts.verdicts.different, told.verification.different.map(differenceText)),
    section('In the Hub, unknown here', counts.verdicts.unknown, told.verification.unknown.map(plain)),
    repairText(told),
    error === null ? '' : `${colours.red(error.message)}\n  ${error.hint}`,
    told.verification.whole ? '' : sampleText,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const sampleText =
  'A sample sees people who differ, and people of the Hub whom the snapshot does not know. It cannot see who is missing in the Hub: the Hub can be asked for pages of its list, not for a person.';

function comparedText({ verification: { counts, whole, total } }: Told): string {
  const { same, different, unknown, moved } = counts.verdicts;
  const compared = same + different + unknown + moved;
  const people = counted(compared, 'person', 'people');
  if (!whole) return `${people} of ${total === null ? 'the' : number(total)} in the Hub looked at`;
  return `${people} in the Hub, ${number(counts.snapshot)} in the snapshot`;
}

function countsText({ verification }: Told, terminal: Terminal): string {
  const { counts, whole, unusable } = verification;
  const { same, different, unknown, moved } = counts.verdicts;
  const lines: readonly (readonly [number, string, string])[] = [
    [same, 'same', ''],
    [whole ? counts.missing : 0, 'missing', 'in the snapshot, not in the Hub'],
    [different, 'different', 'the Hub holds other values'],
    [unknown, 'unknown', 'in the Hub, not in the snapshot'],
    [moved, 'moved', 'settled by a run meanwhile: not compared'],
    [unusable, 'unusable', 'entries of the list without an e-mail'],
  ];
  const rows = lines
    .filter(([count, name]) => count > 0 || name === 'same')
    .map(([count, name, meaning]) => [number(count).padStart(12), name, terminal.colours.dim(meaning)]);
  return terminal.table([], rows);
}

function section(title: string, all: number, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const count = lines.length < all ? `${number(lines.length)} of ${number(all)}` : number(all);
  return `${title} (${count}):\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function differenceText({ email, fields }: Verification['different'][number]): string {
  const lines = Object.entries(fields).map(
    ([field, [here, there]]) => `    ${plain(field)}: ${valueText(here)} here, ${valueText(there)} in the Hub`,
  );
  return [plain(email), ...lines].join('\n  ');
}

/** What a repair would do, where none was asked for. */
function offerText({ sync, verification }: Told): string {
  const { counts, whole, error } = verification;
  const { different } = counts.verdicts;
  const missing = whole ? counts.missing : 0;
  if (error !== null || missing + different === 0) return '';
  const offers = [
    ...(different > 0 && sync.mode !== 'insert' ? ['lets the next run send those who differ'] : []),
    ...(missing > 0 ? ['keeps those who are missing from being sent again'] : []),
  ];
  return offers.length === 0
    ? 'Nothing was changed. Those who differ stay as they are, because insert mode overwrites nobody.'
    : `Nothing was changed. panelsync verify ${sync.name} --repair ${offers.join(', and ')}.`;
}

function repairText(told: Told): string {
  const { sync, verification } = told;
  const { repair, counts } = verification;
  const { different } = counts.verdicts;
  if (repair === null) return offerText(told);
  const left = different - repair.different;
  const again =
    sync.mode === 'update' ? 'update mode skips them from now on' : 'the next run creates those whom the model holds';
  const lines: readonly (readonly [number, string])[] = [
    [left, 'different: left as they are, because insert mode overwrites nobody.'],
    [repair.different, 'different: the next run sends those whom the model holds otherwise than the Hub.'],
    [
      repair.withheld,
      `missing in the Hub: withheld from now on, because somebody may have asked to be deleted.${sync.mode === 'update' ? '' : ' --recreate lets them be created again.'}`,
    ],
    [repair.recreated, `missing in the Hub: no longer in the snapshot; ${again}.`],
  ];
  const done = lines.filter(([people]) => people > 0);
  if (done.length === 0) return 'There was nothing to repair.';
  return done.map(([people, what]) => `${counted(people, 'person', 'people')} ${what}`).join('\n');
}
