import type { CanaryVerdict, FieldFinding, SettingFinding } from '../../core/ports/canary-store.ts';
import { flatFields } from '../../core/model/participant.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Colours, Terminal } from '../../lib/terminal.ts';
import type { Canary, TestPerson } from '../../sync/canary/canary.ts';
import { plain, valueText } from '../shared/report-text.ts';

export interface Told {
  readonly canary: Canary;
  readonly sync: SyncSettings;
  /** As the user named the test person. */
  readonly email: string;
}

/** The document of `canary --json`. */
export function canaryDocument({ canary, sync, email }: Told): object {
  const { verdict, at, from, person, requestId, settings, fields, notes } = canary;
  const sent = person !== null;
  const heldBefore = person?.held ?? null;
  return {
    sync: sync.name,
    mode: sync.mode,
    email,
    verdict,
    at,
    from,
    sent,
    heldBefore,
    requestId,
    settings,
    fields,
    notes,
  };
}

/** What is about to be written, for somebody who could still stop it. */
export function personText({ from, payload, held }: TestPerson): string {
  const whose = from === 'model' ? 'as the model has them' : 'with made-up values';
  const lines = [...flatFields(payload)].map(([field, value]) => `  ${plain(field)}: ${valueText(value)}`);
  const overwritten = held === true ? ' The Hub holds this person: their values are overwritten.' : '';
  return [`Sending one test person, ${whose}.${overwritten}`, ...lines].join('\n');
}

/** A canary for people. */
export function canaryText({ canary, sync, email }: Told, terminal: Terminal): string {
  const { colours } = terminal;
  const { verdict, from, person, settings, fields, notes } = canary;
  const whose = from === 'model' ? 'as the model has them' : 'made up';
  const who = person === null ? 'nothing was sent' : `${plain(email)}, ${whose}`;
  const parts = [
    `${verdictText(verdict, colours)}  ${sync.name}  ${colours.dim(who)}`,
    ...settings.map((one) => settingText(one, colours)),
    fieldsText(fields, terminal),
    ...notes.map((note) => `${colours.yellow('Note:')} ${note}`),
    meanings[verdict],
  ];
  return parts.filter((part) => part !== '').join('\n');
}

const meanings: Readonly<Record<CanaryVerdict, string>> = {
  confirmed:
    'What was sent is what the Hub holds. The snapshot does not know the test person; delete them in the Hub when you like.',
  accepted: 'The Hub took the test person, and that is all that can be proven: look at them in the Hub.',
  wrong:
    'Do not run the sync before this is put right. If the test person is in the Hub, delete them there when you are done.',
};

function verdictText(verdict: CanaryVerdict, colours: Colours): string {
  switch (verdict) {
    case 'confirmed':
      return colours.green(verdict);
    case 'accepted':
      return colours.yellow(verdict);
    case 'wrong':
      return colours.red(verdict);
  }
}

const names: Readonly<Record<SettingFinding['setting'], string>> = {
  baseUrl: 'destination.baseUrl',
  auth: 'destination.wire.auth',
  version: 'version header',
  envelope: 'destination.wire.envelope',
  fieldCase: 'destination.wire.fieldCase',
  characteristics: 'characteristics, nested by slug',
};

function settingText({ setting, value, status, message, hint }: SettingFinding, colours: Colours): string {
  const is = value === null ? '' : `: ${value}`;
  const line = `  ${markOf(status, colours)} ${names[setting]}${is}: ${plain(message)}`;
  return hint === null ? line : `${line}\n      ${hint}`;
}

function markOf(status: SettingFinding['status'], colours: Colours): string {
  switch (status) {
    case 'confirmed':
      return colours.green('✓ confirmed');
    case 'wrong':
      return colours.red('✗ wrong    ');
    case 'open':
      return colours.yellow('? open     ');
  }
}

const fieldMeanings: Readonly<Record<FieldFinding['status'], string>> = {
  arrived: 'the Hub holds what was sent',
  unproven: 'the Hub held the same before',
  dropped: 'the Hub took the person and left this out',
  altered: 'the Hub holds another value: it rewrites it, or keeps something else there',
  refused: 'the Hub refused it',
  unseen: 'what the Hub holds cannot be read',
};

function fieldsText(fields: readonly FieldFinding[], { table }: Terminal): string {
  if (fields.length === 0) return '';
  const rows = fields.map(({ field, status, sent, held }) => {
    const values = status === 'altered' ? `${valueText(sent)} sent, ${valueText(held)} in the Hub` : '';
    return [`  ${plain(field)}`, status, values === '' ? fieldMeanings[status] : `${values}: ${fieldMeanings[status]}`];
  });
  return table([], rows);
}
