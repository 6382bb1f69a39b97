import type { Response } from 'express';
import { toPanelsyncError, PanelsyncError } from '../../core/errors.ts';
import type { RunError } from '../../core/model/terms.ts';

export function sendError(response: Response, status: number, { code, message, hint }: RunError): void {
  response.status(status).json({ error: { code, message, hint } });
}

export function badRequestError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'bad_request', recovery: 'usage', message, hint });
}

/** A caller who sees no people asks for what would give them away. */
export function maskedPeopleError(): PanelsyncError {
  return new PanelsyncError({
    code: 'people_masked',
    recovery: 'usage',
    message: 'People are masked for this caller, so rows are not searched or sorted by them.',
    hint: 'Leave out q and sort=key. Whoever may see people sends server.token, or asks for them on the page first.',
  });
}

/** The status and the document for an error. Nothing of an unexpected error reaches the client. */
export function toErrorResponse(error: unknown): { readonly status: number; readonly body: RunError } {
  const status = clientErrorStatus(error);
  if (status !== null) return { status, body: clientErrorBody(status) };
  const panelsyncError = toPanelsyncError(error);
  return { status: statusForError(panelsyncError), body: panelsyncError };
}

const notFoundCodes: ReadonlySet<string> = new Set(['unknown_sync', 'unknown_run', 'unknown_person']);

const forbiddenCodes: ReadonlySet<string> = new Set(['people_masked']);

/** Errors of whoever asks that depend on what happened meanwhile. */
const conflictCodes: ReadonlySet<string> = new Set(['not_approvable']);

function statusForError({ code, recovery }: PanelsyncError): number {
  if (notFoundCodes.has(code)) return 404;
  if (forbiddenCodes.has(code)) return 403;
  if (conflictCodes.has(code)) return 409;
  switch (recovery) {
    case 'usage':
      return 400;
    case 'busy':
      return 409;
    case 'retriable':
    case 'canceled':
      return 503;
    case 'fatal':
      return 500;
  }
}

/** The status that express and its parsers give to an error of the client. */
function clientErrorStatus(error: unknown): number | null {
  if (error instanceof PanelsyncError || !(error instanceof Error) || !('status' in error)) return null;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}

function clientErrorBody(status: number): RunError {
  if (status === 413) {
    const hint = 'Send a smaller body: at most 2 kB.';
    return { code: 'body_too_large', message: 'The body is too large.', hint };
  }
  const hint = 'Check the address and the body: send JSON such as {"reason": "…"}, or no body.';
  return { code: 'bad_request', message: 'The request cannot be parsed.', hint };
}
