import type { Converted } from '../../src/core/value.ts';

/** The value of a conversion, or the code of what is wrong with it. */
export function outcome(converted: Converted): unknown {
  return 'code' in converted ? converted.code : converted.value;
}
