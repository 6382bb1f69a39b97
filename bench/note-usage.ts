import { writeFileSync } from 'node:fs';

/** Loaded before a measured program: notes down what the process used when it ends. */
const file = process.env['BENCH_USAGE_FILE'];

process.on('exit', () => {
  if (file === undefined) return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const [work] = performance.getEntriesByName('work');
  const usage = {
    workMs: work?.duration ?? null,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    peakMb: maxRSS / 1024,
  };
  writeFileSync(file, JSON.stringify(usage));
});
