import { Writable } from 'node:stream';
import winston from 'winston';
import { escapeJson } from '../lib/terminal/printable.ts';
import type { Log } from './ports/log.ts';
import type { LogSettings } from './settings.ts';

/** Logs go to standard error, one line an event; standard output belongs to reports. */
export function createLog(
  settings: LogSettings,
  writeLine: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Log {
  const { combine, timestamp, json, printf } = winston.format;
  const pretty = printf(({ level, message, timestamp: at, ...fields }) => {
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const time = String(at)
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z');
    return [time, level.padEnd(5), String(message), ...rest].join(' ');
  });
  const logger = winston.createLogger({
    level: settings.level,
    format: combine(timestamp(), settings.format === 'json' ? json() : pretty),
    transports: [new winston.transports.Stream({ stream: lineStream(writeLine) })],
  });
  const write =
    (level: LogSettings['level']) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      // winston would format the event first and drop it then.
      if (logger.isLevelEnabled(level)) logger.log({ ...fields, level, message: event });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
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
