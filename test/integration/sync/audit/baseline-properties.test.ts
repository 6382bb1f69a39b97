import { expect } from 'chai';
import { array, assert, asyncProperty, constantFrom, option, record, uniqueArray } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { modes } from '../../../../src/core/model/terms.ts';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const keys = ['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test'];

interface Person {
  readonly email: string;
  readonly first_name: string | null;
  readonly city: string | null;
  readonly plan: string | null;
}

/** Values that look different and are the same among them: blanks, and letters in two parts. */
const value = option(constantFrom('one', ' one ', 'two', '', 'é', 'e\u0301'), { nil: null });

function people(): Arbitrary<Person[]> {
  const person = record({ email: constantFrom(...keys), first_name: value, city: value, plan: value });
  return uniqueArray(person, { selector: ({ email }) => email });
}

/** What a person's values come to where they are compared. */
function canonical({ first_name, city, plan }: Person): readonly (string | null)[] {
  const text = (raw: string | null): string | null => {
    const trimmed = raw?.trim().normalize('NFC') ?? '';
    return trimmed === '' ? null : trimmed;
  };
  return [first_name, city, plan].map(text);
}

describe('the first run after a baseline, on any panel and any model', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  after(() => panel.close());

  async function fill(hub: readonly Person[]): Promise<void> {
    await panel.reset();
    for (const { plan, ...fields } of hub) panel.hub.add({ ...fields, characteristics: plan === null ? {} : { plan } });
  }

  it('sends just those whom the mode wants and whose values differ', async () => {
    const settings = record({ mode: constantFrom(...modes), nulls: constantFrom('omit' as const, 'null' as const) });
    const property = asyncProperty(people(), people(), settings, async (hub, model, sync) => {
      await fill(hub);
      await panel.setPeople(model);
      const { state } = await baseline(panel, { sync });
      expect(state.counts).to.include({ added: hub.length, unusable: 0 });
      await panel.run({ sync });
      expect([...panel.hub.counters.applied.keys()].toSorted()).to.deep.equal(expectedEmails(hub, model, sync));
      expect([...panel.hub.counters.applied.values()].every((times) => times === 1)).to.equal(true);
      const created = sync.mode === 'update' ? hub : [...hub, ...model];
      expect(new Set(panel.hub.people.keys())).to.deep.equal(new Set(created.map(({ email }) => email)));
      panel.newRequests();
      await panel.run({ sync });
      expect(panel.newRequests(), 'requests of a quiet run').to.equal(0);
    });
    await assert(property, { numRuns: 30 });
  });

  it('leaves Hub and snapshot agreed, and so does a repair after anything that happened in the Hub', async () => {
    const change = record({ email: constantFrom(...keys), city: value, deleted: constantFrom(true, false, false) });
    const property = asyncProperty(people(), people(), array(change), async (hub, model, changes) => {
      await fill(hub);
      await panel.setPeople(model);
      await baseline(panel);
      await panel.run();
      expect((await verify(panel)).counts).to.deep.include({ missing: 0 });
      for (const { email, city, deleted } of changes) {
        if (!panel.hub.people.has(email)) continue;
        if (deleted) panel.hub.remove(email);
        else panel.hub.edit(email, { city });
      }
      const gone = [...new Set([...hub, ...model].map(({ email }) => email))].filter(
        (one) => !panel.hub.people.has(one),
      );
      const before = panel.hub.counters.created;
      await verify(panel, { repair: { recreate: false, force: true } });
      await panel.run();
      const { counts, repair } = await verify(panel);
      expect([counts.missing, counts.verdicts.different, counts.verdicts.unknown, repair]).to.deep.equal([
        0,
        0,
        0,
        null,
      ]);
      expect(panel.hub.counters.created - before, 'nobody who was deleted').to.equal(0);
      expect(gone.filter((email) => panel.hub.people.has(email))).to.deep.equal([]);
      expectModel(panel, model, gone);
    });
    await assert(property, { numRuns: 20 });
  });
});

function expectedEmails(
  hub: readonly Person[],
  model: readonly Person[],
  { mode, nulls }: Pick<SyncSettings, 'mode' | 'nulls'>,
): readonly string[] {
  const present = new Map(hub.map((person) => [person.email, canonical(person)]));
  const sent = model.filter((person) => {
    const known = present.get(person.email);
    if (known === undefined) return mode !== 'update';
    // Where nulls are left out, the Hub keeps the values that the model does not have.
    const differs = canonical(person).some((text, at) => text !== known[at] && (text !== null || nulls === 'null'));
    return mode !== 'insert' && differs;
  });
  return sent.map(({ email }) => email).toSorted();
}

/** Everybody of the model is in the Hub with all the values that the model has, but for those who were deleted there. */
function expectModel(panel: TestPanel, model: readonly Person[], gone: readonly string[]): void {
  const hub = panel.people();
  for (const { email, ...values } of model) {
    if (gone.includes(email)) continue;
    for (const [field, raw] of Object.entries(values)) {
      const text = raw?.trim().normalize('NFC') ?? '';
      if (text !== '') expect(String(hub[email]?.[field]).trim().normalize('NFC'), `${email} ${field}`).to.equal(text);
    }
  }
}
