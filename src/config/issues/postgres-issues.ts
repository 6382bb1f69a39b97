import type { ConfigIssue } from './issues.ts';
import type { Setting } from '../setting.ts';

/** What cannot work about the TLS settings of Postgres sources. */
export function postgresIssues(sources: Setting): readonly ConfigIssue[] {
  return sources.children.flatMap(tlsIssues);
}

function tlsIssues(source: Setting): readonly ConfigIssue[] {
  const tls = source.at('tls');
  // The driver would follow the address, and tls would seem to be in force.
  if (tls.isPresent && /[?&]ssl(?:mode|rootcert|cert|key)?=/.test(source.at('url').text)) {
    return [tls.issue('repeats sslmode or a similar parameter of url', 'Keep one of them.')];
  }
  const [cert, key] = [tls.at('cert'), tls.at('key')];
  if (cert.isPresent === key.isPresent) return [];
  return cert.isPresent ? [cert.issue('needs tls.key beside it')] : [key.issue('needs tls.cert beside it')];
}
