import type { TestPanel } from './panel.ts';

/** The state as it is now, to be put back later as a restored backup would. */
export async function backUpState(panel: TestPanel): Promise<{ restore(): Promise<void> }> {
  await panel.sql('drop schema if exists backup cascade');
  await panel.sql('create schema backup');
  const tables = await panel.sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'panelsync'::regnamespace and relkind = 'r'
       and relname not like 'migrations%'`,
  );
  for (const { name } of tables) await panel.sql(`create table backup.${name} as table panelsync.${name}`);
  return {
    restore: async () => {
      await panel.sql(`truncate ${tables.map(({ name }) => `panelsync.${name}`).join(', ')} cascade`);
      // The order that foreign keys ask for.
      const parents = ['syncs', 'runs'];
      const names = [...parents, ...tables.map(({ name }) => name).filter((name) => !parents.includes(name))];
      for (const name of names) {
        await panel.sql(`insert into panelsync.${name} overriding system value select * from backup.${name}`);
      }
    },
  };
}
