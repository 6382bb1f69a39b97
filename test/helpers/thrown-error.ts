import { PanelsyncError } from '../../src/core/errors.ts';

/** What a promise rejects with. */
export async function thrownError(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return 'nothing was thrown';
  } catch (error) {
    return error;
  }
}

/** The error of ours that a promise rejects with; throws when it resolves, or rejects with anything else. */
export async function panelsyncErrorOf(work: Promise<unknown>): Promise<PanelsyncError> {
  const error = await thrownError(work);
  if (error instanceof PanelsyncError) return error;
  throw new Error(`not a PanelsyncError: ${String(error)}`, { cause: error });
}

/** The code of the error that a promise rejects with. */
export async function errorCodeOf(work: Promise<unknown>): Promise<string> {
  const error = await thrownError(work);
  return error instanceof PanelsyncError ? error.code : String(error);
}
