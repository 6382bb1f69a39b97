/** Resolves when the work is done or `signal` aborts, whichever comes first; the work itself continues. */
export async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) resolve();
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // A failure that comes after the abort has no one to handle it.
    work.catch(() => undefined);
  }
}
