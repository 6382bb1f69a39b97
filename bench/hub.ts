import { startSimulator } from '../src/simulator/simulator.ts';

/** The Hub simulator as a process of its own, so that the measured process has a core to itself. Ends with its parent. */
const badRows = Number(process.argv[2] ?? '0');
const hub = await startSimulator({
  pointerFormat: 'none',
  // Spread over the whole panel.
  rejectedEmails: (email: string) => badRows > 0 && Number(/\d+/.exec(email)?.[0] ?? 1) % (100_000 / badRows) === 77,
});
process.send?.({ url: hub.url });
process.on('message', () => {
  const { requests, repeated } = hub.counters;
  process.send?.({ requests, repeated, people: hub.people.size });
});
process.on('disconnect', () => process.exit());
