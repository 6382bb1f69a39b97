import type { NewestTime } from '../../../core/model/freshness/newest-time.ts';
import type { Projection } from '../../../core/model/projection.ts';

const tab = 9;

/** Notes the time of a row, where the sync has one; returns where the content of the line ends. */
export type ReadRowTime = (bytes: Buffer, start: number, end: number) => number;

/** The time stands behind the content, which nothing else may see: a row with a newer time has not changed. */
export function createRowTimeReader({ freshness }: Projection, newest: NewestTime): ReadRowTime {
  if (freshness === null) return (_bytes, _start, end) => end;
  return (bytes, start, end) => {
    let fieldStart = end;
    while (fieldStart > start && bytes[fieldStart - 1] !== tab) fieldStart -= 1;
    newest.addField(bytes, fieldStart, end);
    return fieldStart - 1;
  };
}
