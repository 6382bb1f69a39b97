/** What the work gives, or what `late` says when it has given nothing within the time; the work goes on all the same. */
export async function withinTime<T>(work: Promise<T>, timeoutMs: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), timeoutMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
    // Nobody listens any more to a failure that comes late.
    work.catch(() => undefined);
  }
}
