import type { Config } from '../core/settings.ts';

/** Settings that differ and hold from the start of the process on: where its state is, and where it listens. */
export function settingsRequiringRestart(previous: Config, next: Config): readonly string[] {
  const settings: readonly (readonly [string, unknown, unknown])[] = [
    ['state.url', previous.state.url, next.state.url],
    ['state.schema', previous.state.schema, next.state.schema],
    ['server.host', previous.server.host, next.server.host],
    ['server.port', previous.server.port, next.server.port],
    ['server.token', previous.server.token, next.server.token],
  ];
  return settings.flatMap(([name, previousValue, nextValue]) => (previousValue === nextValue ? [] : [name]));
}
