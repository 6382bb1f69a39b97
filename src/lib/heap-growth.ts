import { setFlagsFromString } from 'node:v8';

/** Work on fewer rows leaves little behind. */
const manyRows = 20_000;

/** In percent of what is in use; 0 leaves it to V8. Each collection heeds it, also in a process that runs already. */
const growth = { small: 60, default: 0 };

let workCount = 0;

/**
 * Runs work on so many rows, in which objects come and go, and few stay: left alone, the heap grows to several times what
 * is in use before V8 collects it, which a first load shows as 80 MB. Not for reading rows: their buffers count as
 * growth, and a collection for every few of them takes a third of the time.
 */
export async function withSmallHeap<Result>(rows: number, work: () => Promise<Result>): Promise<Result> {
  if (rows < manyRows) return work();
  if (workCount === 0) setGrowth(growth.small);
  workCount += 1;
  try {
    return await work();
  } finally {
    workCount -= 1;
    if (workCount === 0) setGrowth(growth.default);
  }
}

function setGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
