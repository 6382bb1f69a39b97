import { useEffect, useState } from 'preact/hooks';

const tickMs = 1000;

/** The present in milliseconds, once a second: what says "3 s ago" must go on counting. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), tickMs);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}
