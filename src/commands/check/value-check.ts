import { toParticipant } from '../../core/model/participant.ts';
import type { Projection } from '../../core/model/projection.ts';
import { OmittedValues } from '../../core/model/rules/omitted-values.ts';
import type { OmittedField } from '../../core/model/rules/omitted-values.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { ModelReader } from '../../core/ports/source.ts';
import { splitCopyLine } from '../../lib/copy-text.ts';
import { formatNumber } from '../../lib/format.ts';
import { exceedsOmittedLimit, omittedNotes } from '../../sync/notes.ts';
import { exitCodes } from '../command.ts';
import { skippedCheck } from './check-result.ts';
import type { CheckResult } from './check-result.ts';

/** Enough to find a column that is wrong, and few enough to wait for. */
const maxSampledRows = 1000;

/** A model may take minutes to give its first row; `plan` waits for it. */
const sampleTimeoutMs = 20_000;

/** Reads the model's first rows; aborted when that takes too long. */
export class ValueSample {
  readonly #timeout = new AbortController();

  /** Ends what is opened with it. */
  get signal(): AbortSignal {
    return this.#timeout.signal;
  }

  /** Warns where more than a few values of a field would be left out as invalid. */
  async check(
    reader: ModelReader,
    projection: Projection,
    { formats, timeoutMs = sampleTimeoutMs }: { readonly formats: Formats; readonly timeoutMs?: number },
  ): Promise<readonly CheckResult[]> {
    const name = `values of ${projection.sync.name}`;
    const timer = setTimeout(() => this.#timeout.abort(), timeoutMs);
    try {
      const { rows, fields } = await sampleOmitted(reader, projection, formats);
      const [place, exitCode] = [`In the first ${formatNumber(rows)} rows, `, exitCodes.ok];
      return omittedNotes(fields.filter(exceedsOmittedLimit)).map((note) => ({
        check: { name, status: 'warning', message: place + note, hint: null },
        exitCode,
      }));
    } catch (error) {
      if (!this.signal.aborted) throw error;
      return [
        skippedCheck(name, `the model gave no ${formatNumber(maxSampledRows)} rows within ${timeoutMs / 1000} s`),
      ];
    } finally {
      clearTimeout(timer);
    }
  }
}

async function sampleOmitted(
  reader: ModelReader,
  projection: Projection,
  formats: Formats,
): Promise<{ readonly rows: number; readonly fields: readonly OmittedField[] }> {
  const omitted = new OmittedValues(projection);
  let rows = 0;
  if (!omitted.isNeeded) return { rows, fields: [] };
  for await (const chunk of reader.rows(projection.positions, maxSampledRows)) {
    for (const line of chunk.toString('utf8').split('\n').slice(0, -1)) {
      omitted.add(toParticipant(splitCopyLine(line), projection, formats));
      rows += 1;
    }
  }
  return { rows, fields: omitted.counts() };
}
