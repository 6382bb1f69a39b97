import { errors, json, refusal } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import type { Call, Hub } from '../simulated-hub.ts';
import { emailKey } from '../panel/panel.ts';
import { checkRows } from '../panel/validate-rows.ts';

/** What researchers do in the Hub, over HTTP: it counts as no batch. */

/** Adds people, or edits those who are there: one as an object, or a list of them. */
export function putPeople(hub: Hub, { body }: Call): WholeAnswer {
  let people: unknown;
  try {
    people = JSON.parse(body?.toString() ?? '');
  } catch {
    return refusal(400, 'Invalid JSON', 'Expected a person as a JSON object, or a list of them.');
  }
  const { rows, faults } = checkRows(Array.isArray(people) ? people : [people], hub.rules);
  if (faults.length > 0)
    return errors(
      422,
      faults.map(({ title, detail }) => ({ title, detail })),
    );
  const applied = rows.map((row) => hub.panel.apply(row.fields, row.characteristics));
  const created = applied.filter((one) => one.created).length;
  return json(200, { created, edited: applied.length - created });
}

/** Deletes one person, by e-mail. */
export function deletePerson(hub: Hub, { query }: Call): WholeAnswer {
  const email = new URLSearchParams(query).get('email') ?? '';
  if (!hub.panel.people.has(emailKey(email)))
    return refusal(404, 'Not found', 'The panel holds nobody with this e-mail.');
  hub.panel.remove(email);
  return json(200, { deleted: 1 });
}
