import { errorListReply, jsonReply, errorReply } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';
import { emailKey } from '../panel/panel.ts';
import { validateRows } from '../panel/validate-rows.ts';

/** What researchers do in the Hub by hand, over HTTP. It does not count as a batch. */

/** Adds people, or edits existing ones: an object, or a list of them. */
export function upsertPeople(hub: SimulatedHub, { body }: ApiCall): BufferedReply {
  let people: unknown;
  try {
    people = JSON.parse(body?.toString() ?? '');
  } catch {
    return errorReply(400, 'Invalid JSON', 'Expected a person as a JSON object, or a list of them.');
  }
  const { rows, errors: rowErrors } = validateRows(Array.isArray(people) ? people : [people], hub.rules);
  if (rowErrors.length > 0)
    return errorListReply(
      422,
      rowErrors.map(({ title, detail }) => ({ title, detail })),
    );
  const applied = rows.map((row) => hub.panel.upsert(row.fields, row.characteristics));
  const created = applied.filter((row) => row.created).length;
  return jsonReply(200, { created, edited: applied.length - created });
}

/** Deletes one person, by e-mail. */
export function deletePerson(hub: SimulatedHub, { query }: ApiCall): BufferedReply {
  const email = new URLSearchParams(query).get('email') ?? '';
  if (!hub.panel.people.has(emailKey(email)))
    return errorReply(404, 'Not found', 'The panel holds nobody with this e-mail.');
  hub.panel.remove(email);
  return jsonReply(200, { deleted: 1 });
}
