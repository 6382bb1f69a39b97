import { z } from 'zod';
import { milliseconds, section, wholeNumber } from './schema-parts.ts';

/** A number and a unit, as DuckDB reads it; a share of the machine's memory would differ from host to host. */
const memoryPattern = /^\d+(?:\.\d+)?\s?[KMGT]i?B$/i;

export const duckdbSchema = section({
  type: z.literal('duckdb').describe('Type of the warehouse'),
  database: z
    .string()
    .default('')
    .describe('Database file, opened read-only; empty: models read CSV, Parquet and JSON files'),
  memoryLimit: z
    .string()
    .regex(memoryPattern, { error: 'must be a size such as `1GB` or `512MB`' })
    .default('1GB')
    .describe('Memory of DuckDB for a model; what exceeds it goes to the temporary folder'),
  threads: wholeNumber(1, 256).default(4).describe('Threads of DuckDB for a model'),
  statementTimeoutMs: milliseconds('Statement timeout of the model', 600_000),
  connectTimeoutMs: milliseconds('How long to wait for a database file that another process writes', 15_000),
});
