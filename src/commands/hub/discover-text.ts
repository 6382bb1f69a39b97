import type { WireSettings } from '../../core/settings.ts';
import { pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Colours, Terminal } from '../../lib/terminal/terminal.ts';
import type { Discovery, DiscoveryTry } from '../../sync/canary/discover.ts';

export interface DiscoveryView {
  readonly discovery: Discovery;
  readonly sync: string;
  /** As the user named the test person. */
  readonly email: string;
  /** Where the profile was written; `null`: nowhere. */
  readonly file: string | null;
}

/** The document of `canary --discover --json`. */
export function discoveryDocument({ discovery, sync, email, file }: DiscoveryView): object {
  return { sync, email, ...discovery, written: file !== null };
}

/** A discovery for people: each try, what it proved, and the block for the configuration. */
export function discoveryText(view: DiscoveryView, { colours }: Terminal): string {
  const { discovery, sync, email, file } = view;
  const { outcome, tries, requests, profiles } = discovery;
  const [found] = profiles;
  const lines = [
    `${outcomeText(outcome, colours)}  ${sync}  ${colours.dim(`${sanitize(email)}, made-up values, ${pluralize(requests, 'request')}`)}`,
    ...tries.map((tried, index) => tryText(tried, index + 1)),
    conclusion(discovery),
  ];
  if (found !== undefined) lines.push(profileBlock(found));
  if (file !== null) lines.push(`Written to ${file}.`);
  return lines.join('\n');
}

function outcomeText(outcome: Discovery['outcome'], colours: Colours): string {
  switch (outcome) {
    case 'confirmed':
      return colours.green('confirmed');
    case 'accepted':
      return colours.yellow('accepted');
    case 'none':
      return colours.red('none found');
  }
}

function tryText({ wire, answer, verdict, settings, fields, misplaced }: DiscoveryTry, number: number): string {
  const { auth, envelope, fieldCase, characteristics } = wire;
  const wrong = settings
    .filter(({ status }) => status === 'wrong')
    .map(({ setting, message }) => `${setting}: ${message}`);
  const open = settings.filter(({ status, hint }) => status === 'open' && hint !== null).map(({ message }) => message);
  const lost = fields
    .filter(({ status }) => status === 'altered')
    .map(({ field }) => `${field} is stored with another value`);
  const moved = misplaced.map(({ field, storedIn }) => `${field} is stored in ${storedIn}`);
  const problems = [...wrong, ...lost, ...moved];
  const proved =
    verdict === 'confirmed' ? ['every field arrived'] : problems.length > 0 ? problems : [...new Set(open)];
  const lines = proved.length === 0 ? [answer] : proved;
  return [
    `  ${number}. ${auth}, ${envelope}, ${fieldCase}, ${characteristics}`,
    ...lines.map((line) => `     ${sanitize(line)}`),
  ].join('\n');
}

function conclusion({ outcome, profiles, reason }: Discovery): string {
  const because = reason === null ? '' : ` The search ended: ${sanitize(reason.replace(/\.$/, ''))}.`;
  switch (outcome) {
    case 'confirmed':
      return 'The Hub has every field as it was sent. Delete the test person there whenever you like. Put into the configuration:';
    case 'accepted':
      return profiles.length === 1
        ? `The Hub accepted this profile alone, and its list cannot be read: this proves less. Look at the test person in the Hub before you run the sync.${because}`
        : `The Hub accepted ${profiles.length} profiles, and its list cannot be read: nothing distinguishes them. Look at the test person in the Hub before you choose. The likeliest:`;
    case 'none':
      return `No profile brought every field to the Hub.${because} If the test person is in the Hub, delete them there.`;
  }
}

function profileBlock({ auth, envelope, fieldCase, characteristics }: WireSettings): string {
  return `
destination:
  wire:
    auth: ${auth}
    envelope: ${envelope}
    fieldCase: ${fieldCase}
    characteristics: ${characteristics}
`;
}
