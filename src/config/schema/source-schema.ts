import { z } from 'zod';
import { duckdbSchema } from './duckdb-schema.ts';
import { postgresSchema, redshiftSchema } from './postgres-schema.ts';
import { snowflakeSchema } from './snowflake-schema.ts';

/** One schema per type of source; issues/ has what a schema alone cannot see, build-source.ts the settings. */
export const sourceSchema = z
  .discriminatedUnion('type', [postgresSchema, redshiftSchema, snowflakeSchema, duckdbSchema], {
    error: ({ code }) => (code === 'invalid_union' ? 'Type of the warehouse' : undefined),
  })
  .describe('A warehouse that runs models');
