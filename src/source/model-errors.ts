import { PanelsyncError } from '../core/errors.ts';
import type { Model } from '../core/model/terms.ts';

/** Errors that are the same whatever warehouse runs the model. */

export function multipleStatementsError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_several_statements',
    recovery: 'fatal',
    message: `The model ${model.location} holds more than one statement; nothing of it was run.`,
    hint: 'Keep one query in it. A semicolon or a comment at its end is fine.',
    cause,
  });
}

export function canceledError(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'Reading the model was cancelled.',
    hint: 'Run again when you are ready.',
  });
}
