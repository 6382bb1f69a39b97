import { stopTestCluster, testClusterUrl } from './postgres/postgres.ts';

/** Mocha's worker processes inherit the address, so that all of them share one Postgres. */
export async function mochaGlobalSetup(): Promise<void> {
  process.env['TEST_DATABASE_URL'] = await testClusterUrl();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopTestCluster();
}
