import { createKeeping } from '../../src/core/keeping.ts';
import type { Keeping } from '../../src/core/keeping.ts';

/** Payloads in full and no hash key, as a configuration without either has it. */
export const plainKeeping: Keeping = createKeeping({ payload: 'full', hashKey: null });

export const hashKey = 'a key for tests that is long enough';

/** Payloads in full, with a key to forget people by. */
export const keyedKeeping: Keeping = createKeeping({ payload: 'full', hashKey });

export const hashedKeeping: Keeping = createKeeping({ payload: 'hashed', hashKey });
