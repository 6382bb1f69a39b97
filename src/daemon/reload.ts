import type { Config } from '../core/settings.ts';

/** Settings that differ and hold from the start of the process on: where its state is, and where it listens. */
export function restartSettings(before: Config, after: Config): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['state.url', before.state.url, after.state.url],
    ['state.schema', before.state.schema, after.state.schema],
    ['server.host', before.server.host, after.server.host],
    ['server.port', before.server.port, after.server.port],
    ['server.token', before.server.token, after.server.token],
  ];
  return pairs.flatMap(([name, old, now]) => (old === now ? [] : [name]));
}
