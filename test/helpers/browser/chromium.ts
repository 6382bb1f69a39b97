import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The Chromium of the system; `null` where there is none. */
export const chromiumPath: string | null = candidates.find(isExecutable) ?? null;

export function launchChromium(): Promise<Browser> {
  if (chromiumPath === null) throw new Error(`install Chromium (${candidates.join(', ')}) to test the page`);
  // Its sandbox needs what containers and root do not have; it sees pages of the tests only.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
