import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import type { Logger } from 'winston';
import { escapeJson } from '../lib/terminal/printable.ts';
import type { Log } from './ports/log.ts';
import type { LogSettings } from './settings.ts';

/** From most to least severe. */
const levels = ['error', 'warn', 'info', 'debug'] as const;

/** Logs go to standard error, one line an event; standard output belongs to reports. */
export function createLog(
  settings: LogSettings,
  writeLine: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Log {
  let logger: Logger | null = null;
  const write =
    (level: LogSettings['level']) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (levels.indexOf(level) > levels.indexOf(settings.level)) return;
      logger ??= createLogger(settings, writeLine);
      logger.log({ ...fields, level, message: event });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** winston is loaded with the first event: many commands log nothing, and loading it takes a moment. */
function createLogger({ level: leastSevere, format }: LogSettings, writeLine: (line: string) => void): Logger {
  const winston = createRequire(import.meta.url)('winston') as typeof import('winston');
  const { combine, timestamp, json, printf } = winston.format;
  const pretty = printf(({ level, message, timestamp: at, ...fields }) => {
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const time = String(at)
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z');
    return [time, level.padEnd(5), String(message), ...rest].join(' ');
  });
  return winston.createLogger({
    level: leastSevere,
    format: combine(timestamp(), format === 'json' ? json() : pretty),
    transports: [new winston.transports.Stream({ stream: lineStream(writeLine) })],
  });
}

/** Each event comes as one chunk; what a terminal would obey is escaped. */
function lineStream(writeLine: (line: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      writeLine(escapeJson(String(chunk).replace(/\r?\n$/, '')));
      done();
    },
  });
}
