import { expect } from 'chai';
import { PanelsyncError } from '../../src/core/errors.ts';
import type { Conversion } from '../../src/core/model/value.ts';

/** The value of a conversion, or the code of what is wrong with it; a person must be able to read what that is. */
export function conversionResult(converted: Conversion): unknown {
  if ('value' in converted) return converted.value;
  expect(converted.message).to.match(/^(the|a) \w+ .+/);
  return converted.code;
}

/** The code of the error that something ends with. */
export async function errorCodeOf(work: Promise<unknown>): Promise<string> {
  const error = await thrownError(work);
  return error instanceof PanelsyncError ? error.code : String(error);
}

/** What something ends with. */
export async function thrownError(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return 'nothing was thrown';
  } catch (error) {
    return error;
  }
}
