import type { Contradiction, WireComparison } from '../../app/compare-wire.ts';
import { wireSettingNames } from '../../core/wire-reference.ts';
import type { ReferenceFinding, SpecPlace, WireReference } from '../../core/wire-reference.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';

export interface WireView {
  /** The OpenAPI file, as the user named it. */
  readonly file: string;
  readonly reference: WireReference;
  readonly comparison: WireComparison;
  /** False without a configuration that can be read. */
  readonly isCompared: boolean;
  /** What `--write` did; `null`: it was not asked to. */
  readonly written: { readonly file: string; readonly changed: boolean } | null;
}

/** The document of `wire --json`. */
export function wireDocument({ file, reference, comparison, isCompared, written }: WireView): object {
  const { title, version, operation, maxBatchSize, baseUrls, facts, unsupported } = reference;
  const { profile, contradictions } = comparison;
  return {
    file,
    api: { title, version },
    operation: { method: operation.method, path: operation.path, ...operation.place },
    profile,
    maxBatchSize: maxBatchSize?.value ?? null,
    baseUrls: baseUrls?.value ?? null,
    compared: isCompared,
    contradictions: contradictions.map(({ place, ...contradiction }) => ({ ...contradiction, ...place })),
    undecided: undecidedSettings(reference),
    unsupported: unsupported.map(findingDocument),
    facts: facts.map(findingDocument),
    written: written?.changed ?? false,
  };
}

function findingDocument({ text, place }: ReferenceFinding): object {
  return { text, ...place };
}

/** The same for people. */
export function wireText(view: WireView, terminal: Terminal): string {
  const { reference, comparison, isCompared } = view;
  const { colours } = terminal;
  const { contradictions } = comparison;
  const { method, path, place } = reference.operation;
  const heading = `${sanitize(reference.title)} ${sanitize(reference.version)}`;
  return [
    `${heading}  ${colours.dim(sanitize(`${method} ${path}, line ${place.line} of ${view.file}`))}`,
    profileText(comparison, reference),
    section(colours.yellow('Contradicts the configuration'), contradictions.map(contradictionText)),
    section(
      colours.yellow('Not covered by any setting'),
      reference.unsupported.map(({ text, place: where }) => `${sanitize(text)} (${placeText(where)})`),
    ),
    section(
      'Good to know',
      factTexts(reference).map((text) => sanitize(text)),
    ),
    undecidedText(reference),
    isCompared ? '' : 'Not compared: there is no configuration that can be read. Run `panelsync check`.',
    outcomeText(view),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function profileText({ profile }: WireComparison, { settings }: WireReference): string {
  const entries = Object.entries(profile);
  if (entries.length === 0) return '';
  const lines = new Map(Object.entries(settings).map(([name, { place }]) => [name, place.line]));
  const texts = entries.map(([name, value]) => `    ${name}: ${value} # line ${lines.get(name) ?? '?'}`);
  return ['destination:', '  wire:', ...texts].join('\n');
}

function contradictionText({ setting, present, expected, place }: Contradiction): string {
  return sanitize(`${setting} is ${present}, the file says ${expected} (${placeText(place)})`);
}

function factTexts({ facts, maxBatchSize }: WireReference): readonly string[] {
  const most =
    maxBatchSize === null ? [] : [{ text: `At most ${maxBatchSize.value} per request`, place: maxBatchSize.place }];
  return [...most, ...facts].map(({ text, place }) => `${text} (line ${place.line})`);
}

function undecidedSettings({ settings }: WireReference): readonly string[] {
  return wireSettingNames.filter((name) => settings[name] === undefined);
}

function undecidedText(reference: WireReference): string {
  const undecided = undecidedSettings(reference);
  if (undecided.length === 0) return '';
  return `The file does not decide ${undecided.join(', ')}: the configuration stays as it is there.`;
}

function outcomeText({ comparison, written, isCompared }: WireView): string {
  const next = 'Nothing was sent; verify the profile with `panelsync canary`.';
  if (written !== null) {
    const file = sanitize(written.file);
    return `${written.changed ? `Written to ${file}.` : `${file} says so already.`} ${next}`;
  }
  if (comparison.contradictions.some(({ setting }) => setting.startsWith('destination.wire.'))) {
    return `Write the profile into the configuration with --write. ${next}`;
  }
  return isCompared && comparison.contradictions.length === 0
    ? `The configuration agrees with the file. ${next}`
    : next;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function placeText({ line, pointer }: SpecPlace): string {
  return `line ${line}, ${pointer === '' ? 'the root' : pointer}`;
}
