import { dropTemplate, templateName } from './panel/template.ts';
import { stopTestCluster, testClusterUrl } from './postgres/postgres.ts';

/** Mocha's worker processes inherit the addresses, so that all of them share one Postgres. */
export async function mochaGlobalSetup(): Promise<void> {
  process.env['TEST_DATABASE_URL'] = await testClusterUrl();
  process.env['TEST_TEMPLATE_DATABASE'] = await templateName();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await dropTemplate();
  await stopTestCluster();
}
