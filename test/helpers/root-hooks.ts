import { stopTestCluster } from './postgres.ts';

export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopTestCluster();
  },
};
