import type { CanaryVerdict, FieldResult, SettingResult } from '../../core/ports/canary-store.ts';
import { flattenFields } from '../../core/model/participant.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Colours, Terminal } from '../../lib/terminal/terminal.ts';
import type { CanaryResult, TestPerson } from '../../sync/canary/canary.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { valueText } from '../shared/format.ts';

export interface CanaryView {
  readonly canary: CanaryResult;
  readonly sync: SyncSettings;
  /** As the user named the test person. */
  readonly email: string;
}

/** The document of `canary --json`. */
export function canaryDocument({ canary, sync, email }: CanaryView): object {
  const { verdict, at, from, person, requestId, settings, fields, notes } = canary;
  const sent = person !== null;
  const heldBefore = person?.existedBefore ?? null;
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

/** What is about to be written, while it can still be stopped. */
export function testPersonText({ from, payload, existedBefore }: TestPerson): string {
  const valuesOrigin = from === 'model' ? 'with the values of the model' : 'with made-up values';
  const lines = [...flattenFields(payload)].map(([field, value]) => `  ${sanitize(field)}: ${valueText(value)}`);
  const overwriteWarning =
    existedBefore === true ? ' The Hub has this person already: their values are overwritten.' : '';
  return [`Sending one test person ${valuesOrigin}.${overwriteWarning}`, ...lines].join('\n');
}

/** A canary for people. */
export function canaryText({ canary, sync, email }: CanaryView, terminal: Terminal): string {
  const { colours } = terminal;
  const { verdict, from, person, settings, fields, notes } = canary;
  const valuesOrigin = from === 'model' ? 'values of the model' : 'made-up values';
  const subject = person === null ? 'nothing was sent' : `${sanitize(email)}, ${valuesOrigin}`;
  const sections = [
    `${verdictText(verdict, colours)}  ${sync.name}  ${colours.dim(subject)}`,
    ...settings.map((setting) => settingText(setting, colours)),
    fieldsText(fields, terminal),
    ...notes.map((note) => `${colours.yellow('Note:')} ${note}`),
    verdictDescriptions[verdict],
  ];
  return sections.filter((part) => part !== '').join('\n');
}

const verdictDescriptions: Readonly<Record<CanaryVerdict, string>> = {
  confirmed:
    'The Hub holds what was sent. The test person is not in the snapshot; delete them in the Hub whenever you like.',
  accepted: 'The Hub accepted the test person, but their values cannot be read back: check them in the Hub.',
  wrong: 'Correct this before you run the sync. If the test person is in the Hub, delete them there when you are done.',
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

const settingNames: Readonly<Record<SettingResult['setting'], string>> = {
  baseUrl: 'destination.baseUrl',
  auth: 'destination.wire.auth',
  version: 'version header',
  envelope: 'destination.wire.envelope',
  fieldCase: 'destination.wire.fieldCase',
  characteristics: 'destination.wire.characteristics',
};

function settingText({ setting, value, status, message, hint }: SettingResult, colours: Colours): string {
  const is = value === null ? '' : `: ${value}`;
  const line = `  ${statusMark(status, colours)} ${settingNames[setting]}${is}: ${sanitize(message)}`;
  return hint === null ? line : `${line}\n      ${hint}`;
}

function statusMark(status: SettingResult['status'], colours: Colours): string {
  switch (status) {
    case 'confirmed':
      return colours.green('✓ confirmed');
    case 'wrong':
      return colours.red('✗ wrong    ');
    case 'open':
      return colours.yellow('? open     ');
  }
}

const fieldStatusDescriptions: Readonly<Record<FieldResult['status'], string>> = {
  arrived: 'the Hub holds what was sent',
  unproven: 'the Hub had the same value before',
  dropped: 'the Hub accepted the person without this field',
  altered: 'the Hub holds another value',
  refused: 'the Hub rejected it',
  unseen: 'cannot be read back',
};

function fieldsText(fields: readonly FieldResult[], { table }: Terminal): string {
  if (fields.length === 0) return '';
  const rows = fields.map(({ field, status, sent, held: heldInHub }) => {
    const values = status === 'altered' ? `${valueText(sent)} sent, ${valueText(heldInHub)} in the Hub` : '';
    return [
      `  ${sanitize(field)}`,
      status,
      values === '' ? fieldStatusDescriptions[status] : `${values}: ${fieldStatusDescriptions[status]}`,
    ];
  });
  return table([], rows);
}
