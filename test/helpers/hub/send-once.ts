import { destinationSettings, outcomeOf, RecordedHub } from './scripted-hub.ts';

/** A process of its own that sends one batch to the address in its arguments, and prints what became of it. */

const recorded = new RecordedHub(destinationSettings(process.argv[2] ?? ''));
const result = await recorded.send();
recorded.hub.close();
process.stdout.write(`${outcomeOf(result)} after ${result.requests.sent}`);
