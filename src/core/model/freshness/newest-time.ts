/** Times further ahead are no times of data; a time without a zone may be that of any zone. */
const maxAheadMs = 24 * 3_600_000;

/** Texts that begin with a smaller date cannot be newer, whatever zone they are in. */
const dayMs = 24 * 3_600_000;

/** Date and time as sources write them; without a zone, it is UTC. */
const timePattern =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?(?: ?(?:Z|UTC|([+-]\d\d)(?::?(\d\d))?))?$/;

/** Finds the newest of many times, as texts of a source. */
export class NewestTime {
  readonly #limitMs: number;
  #newestMs = Number.NEGATIVE_INFINITY;
  #floor = '';

  constructor(nowMs: number) {
    this.#limitMs = nowMs + maxAheadMs;
  }

  add(text: string): void {
    // Dates of one length are in the order of their texts, so most rows cost one comparison.
    if (text < this.#floor) return;
    const timeMs = parseTimeMs(text);
    if (timeMs === null || timeMs <= this.#newestMs || timeMs > this.#limitMs) return;
    this.#newestMs = timeMs;
    this.#floor = new Date(timeMs - 2 * dayMs).toISOString().slice(0, 10);
  }

  /** The same for a field of a line, of which no text is made where its date is too old. */
  addField(bytes: Buffer, start: number, end: number): void {
    for (let at = 0; at < this.#floor.length; at += 1) {
      const difference = (bytes[start + at] ?? 0) - this.#floor.charCodeAt(at);
      if (difference < 0) return;
      if (difference > 0) break;
    }
    this.add(bytes.toString('latin1', start, end));
  }

  /** `null`: no row had a time that counts. */
  get newest(): Date | null {
    return this.#newestMs === Number.NEGATIVE_INFINITY ? null : new Date(this.#newestMs);
  }

  /** Texts up to this one count, for warehouses that find the newest text themselves. */
  get limit(): string {
    return new Date(this.#limitMs).toISOString().slice(0, 19);
  }
}

function parseTimeMs(text: string): number | null {
  const found = timePattern.exec(text);
  if (found === null) return null;
  const [, date = '', time = '00:00:00', fraction = '', hours = '+00', minutes = '00'] = found;
  const ms = Date.parse(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${hours}:${minutes}`);
  return Number.isNaN(ms) ? null : ms;
}
