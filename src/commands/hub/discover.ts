import type { App } from '../../app.ts';
import { writeWireProfile } from '../../app/write-wire-profile.ts';
import type { WireSettings } from '../../core/settings.ts';
import { CleanupStack } from '../../lib/async/cleanup-stack.ts';
import { discoverProfile } from '../../sync/canary/discover.ts';
import type { Discovery, DiscoveryRequest } from '../../sync/canary/discover.ts';
import type { Destination } from '../../core/ports/destination.ts';

type DiscoverOptions = Pick<DiscoveryRequest, 'email' | 'shutdown' | 'onProgress' | 'retryDelaysMs'> & {
  readonly sync: string;
};

/** Looks for the wire profile that the Hub understands; all tries share the rate limit. */
export async function discover(app: App, options: DiscoverOptions): Promise<Discovery> {
  const sync = app.sync(options.sync);
  const { hub: state, canaries } = await app.migratedState();
  const { config, log } = app;
  const { wire, checkCharacteristics } = config.destination;
  const cleanup = new CleanupStack();
  const open = (other: WireSettings): Destination => {
    const inOtherProfile = app.withConfig({ ...config, destination: { ...config.destination, wire: other } }, log);
    cleanup.add(() => inOtherProfile.close());
    return inOtherProfile.destination();
  };
  const request = { ...options, sync, wire, checkCharacteristics };
  try {
    return await app.withDeps(sync, (deps) => discoverProfile(request, { ...deps, state, canaries, open }));
  } finally {
    await cleanup.closeAll();
  }
}

/** Writes a profile that is proved, and no other; returns where. */
export async function writeDiscovered({ config }: App, { outcome, profiles }: Discovery): Promise<string | null> {
  const [found] = profiles;
  if (outcome !== 'confirmed' || found === undefined) return null;
  await writeWireProfile(config.file, found);
  return config.file;
}
