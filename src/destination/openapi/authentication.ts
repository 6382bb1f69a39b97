import type { DerivedSettings, ReferenceFinding } from '../../core/wire-reference.ts';
import type { WireSettings } from '../../core/settings.ts';
import { parametersOf } from './batch-operation.ts';
import type { Operation } from './batch-operation.ts';
import type { SpecNode } from './spec-node.ts';

/** How the key is sent: values of `destination.wire.auth`, or why there are none. */
interface Authentication {
  readonly values: DerivedSettings['auth'] | null;
  readonly unsupported: readonly ReferenceFinding[];
}

const apiKeyHeader = 'user-interviews-apikey';

export function authenticationOf(root: SpecNode, operation: Operation): Authentication {
  const requirements = operation.node.get('security') ?? root.get('security');
  const definitions = root.get('components')?.get('securitySchemes');
  const schemes = (requirements?.items() ?? []).flatMap((requirement) => {
    const names = requirement.entries().map(([name]) => name);
    const found = names.map((name) => definitions?.get(name) ?? null).filter((scheme) => scheme !== null);
    return [found];
  });
  const fallback = schemes.length > 0 ? [] : parametersOf(operation).map((parameter) => [parameter]);
  return summarize([...schemes, ...fallback].map(toChoice).filter((choice) => choice !== null));
}

type Choice =
  | { readonly value: WireSettings['auth']; readonly node: SpecNode }
  | { readonly problem: string; readonly node: SpecNode };

/** One way to authenticate. Several schemes at once are more than one header, which is not ours. */
function toChoice(schemes: readonly SpecNode[]): Choice | null {
  const [scheme, ...others] = schemes;
  if (scheme === undefined) return null;
  if (others.length > 0) return { problem: 'requests need several credentials at once', node: scheme };
  const name = scheme.text('name') ?? '';
  const location = scheme.text('in');
  if (scheme.text('type') === 'http') {
    const kind = (scheme.text('scheme') ?? '').toLowerCase();
    if (kind === 'bearer') return { value: 'bearer', node: scheme };
    return { problem: `requests authenticate with HTTP ${kind}`, node: scheme };
  }
  if (scheme.text('type') === 'oauth2' || scheme.text('type') === 'openIdConnect') {
    return { problem: 'requests authenticate with OAuth, and panelsync has a key', node: scheme };
  }
  const isParameter = scheme.text('type') === null;
  if (isParameter && !(location === 'header' && isAuthHeader(name))) return null;
  if (location !== 'header')
    return { problem: `the key goes into the ${location ?? 'request'} as ${name}`, node: scheme };
  if (name.toLowerCase() === apiKeyHeader) return { value: 'apikey-header', node: scheme };
  if (name.toLowerCase() === 'authorization') return authorizationChoice(scheme);
  return { problem: `the key goes into the header ${name}`, node: scheme };
}

function authorizationChoice(scheme: SpecNode): Choice {
  const words = ['description', 'example', 'x-prefix'].map((name) => scheme.text(name) ?? '').join(' ');
  if (/\bbearer\b/i.test(words)) return { value: 'bearer', node: scheme };
  return { problem: 'the key goes into the header Authorization, and the file does not say how', node: scheme };
}

function isAuthHeader(name: string): boolean {
  return /^authorization$|api-?key|token/i.test(name);
}

function summarize(choices: readonly Choice[]): Authentication {
  const usable = choices.filter((choice) => 'value' in choice);
  const [first] = usable;
  if (first !== undefined) {
    const others = new Set(usable.map(({ value }) => value).filter((value) => value !== first.value));
    return { values: { value: [first.value, ...others], place: first.node.place }, unsupported: [] };
  }
  const problems = choices.filter((choice) => 'problem' in choice);
  return { values: null, unsupported: problems.map(({ problem, node }) => ({ text: problem, place: node.place })) };
}
