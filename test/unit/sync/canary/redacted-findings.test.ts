import { expect } from 'chai';
import type { WireSettings } from '../../../../src/core/settings.ts';
import type { Payload } from '../../../../src/core/model/terms.ts';
import { canaryFindings } from '../../../../src/sync/canary/findings.ts';
import type { CanaryAnswer, CanaryEvidence, Observation } from '../../../../src/sync/canary/findings.ts';

const wire: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};
const other: WireSettings = { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'camel', characteristics: 'nested' };
const sent: Payload = {
  fields: { email: 'c@example.test', first_name: 'Canary', city: 'Oslo' },
  characteristics: { plan: 'pro' },
};
const nobody: Observation = { read: true, payload: null };
const held: Observation = { read: true, payload: sent };
const emailOnly: Observation = { read: true, payload: { fields: { email: 'c@example.test' }, characteristics: {} } };
const closed: Observation = { read: false, reason: 'answered 403' };

/** Each setting with its value, what is said of it, and what to try. */
function told(evidence: Partial<CanaryEvidence>): Readonly<Record<string, string>> {
  const { settings } = canaryFindings({
    wire,
    sent,
    answer: { kind: 'accepted' },
    before: nobody,
    after: held,
    ...evidence,
  });
  return Object.fromEntries(
    settings.map(({ setting, value, message, hint }) => [
      setting,
      `${value === null ? '' : `${value}: `}${message}${hint === null ? '' : ` ► ${hint}`}`,
    ]),
  );
}

function refused(message: string, field: string | null, atRow: boolean): CanaryAnswer {
  return { kind: 'refused', rowError: { code: 'refused_422', message, field }, isAttributed: atRow };
}

const anotherPerson = 'Use a person that the Hub does not have, or has with other values.';
const toSnake = 'set destination.wire.fieldCase to snake, and send the canary again.';
const toCamel = 'set destination.wire.fieldCase to camel, and send the canary again.';
const toJsonapi = 'set destination.wire.envelope to jsonapi or array, and send the canary again.';
const toParticipants = 'set destination.wire.envelope to participants or array, and send the canary again.';
const lookYourself = 'Look at the test person in the Hub: are all fields there?';
const nesting =
  'Compare the slugs with those in the Hub. If they match: set destination.wire.characteristics to flat or list, and send the canary again.';

describe('what a canary tells people', () => {
  it('names what is right with what showed it', () => {
    expect(told({})).to.deep.equal({
      auth: 'apikey-header: the key was accepted',
      version: 'the version header was accepted',
      envelope: 'participants: the test person arrived',
      fieldCase: 'snake: the Hub stored what was sent (first_name)',
      characteristics: 'nested: the Hub stored what was sent (characteristics.plan)',
    });
  });

  it('names every field that showed or lacked it', () => {
    const two = {
      fields: { email: 'c@example.test', first_name: 'Canary', last_name: 'Test', city: 'Oslo' },
      characteristics: {},
    };
    const after: Observation = { read: true, payload: { ...two, fields: { email: 'c@example.test', city: 'Oslo' } } };
    expect(told({ sent: two, after })).to.include({
      fieldCase: `snake: the Hub dropped first_name, last_name ► To try: ${toCamel}`,
      characteristics: 'nested: the mapping has no characteristics',
    });
    const before: Observation = {
      read: true,
      payload: { fields: { email: 'c@example.test', first_name: 'Canary' }, characteristics: {} },
    };
    expect(told({ sent: two, before, after: { read: true, payload: two } })).to.include({
      fieldCase: 'snake: the Hub stored what was sent (last_name)',
    });
  });

  it('names the other envelope when nothing but the e-mail arrived, and blames nothing else for it', () => {
    expect(told({ after: emailOnly })).to.include({
      envelope: `participants: the Hub accepted the request, but stored only the e-mail ► To try: ${toJsonapi}`,
      fieldCase: 'snake: nothing was stored',
      characteristics: 'nested: nothing was stored',
    });
  });

  it('says that the list may lag when it does not hold the person', () => {
    expect(told({ wire: other, after: nobody })['envelope']).to.equal(
      `jsonapi: the Hub accepted the request, but its list does not have the test person ► To try: ${toParticipants} The list may also lag: try again in a few minutes.`,
    );
  });

  it('names the other case, or what to compare, for fields of one kind that are missing', () => {
    const payload = { fields: { email: 'c@example.test', city: 'Oslo' }, characteristics: {} };
    expect(told({ wire: other, after: { read: true, payload } })).to.include({
      envelope: 'jsonapi: the test person arrived',
      fieldCase: `camel: the Hub dropped first_name ► To try: ${toSnake}`,
      characteristics: `nested: the Hub dropped characteristics.plan ► ${nesting}`,
    });
  });

  it('asks for another person when the Hub held the same before', () => {
    expect(told({ before: held })).to.include({
      envelope: `participants: nothing changed in the Hub ► ${anotherPerson}`,
      fieldCase: `snake: the Hub had the same values before ► ${anotherPerson}`,
      characteristics: `nested: the Hub had the same values before ► ${anotherPerson}`,
    });
  });

  it('asks to look oneself when the list is closed', () => {
    const open = `the Hub accepted it, but what it stored cannot be read ► ${lookYourself}`;
    expect(told({ before: closed, after: closed })).to.include({
      envelope: `participants: ${open}`,
      fieldCase: `snake: ${open}`,
      characteristics: `nested: ${open}`,
    });
  });

  it('says what the mapping does not show, without a hint', () => {
    const plain = { fields: { email: 'c@example.test', city: 'Oslo' }, characteristics: {} };
    expect(told({ sent: plain, after: { read: true, payload: plain } })).to.include({
      fieldCase: 'snake: no field of the mapping differs between the two cases',
      characteristics: 'nested: the mapping has no characteristics',
    });
  });
});

describe('what a canary tells people of a refusal', () => {
  const words = 'the Hub refused the test person: is odd';
  const understood = ['apikey-header: the key was accepted', 'the version header was accepted'];
  const cases: readonly (readonly [string, string | null, boolean, Readonly<Record<string, string>>])[] = [
    ['at no place', null, false, { envelope: `participants: ${words} ► To try: ${toJsonapi}` }],
    [
      'at the person',
      null,
      true,
      {
        envelope: `participants: ${words} ► If the Hub refuses this person, use another one. Otherwise: ${toJsonapi}`,
      },
    ],
    [
      'at a field of two words',
      'first_name',
      false,
      {
        envelope: 'participants: the Hub found the test person',
        fieldCase: `snake: ${words} ► If the Hub does not know the field: ${toCamel} If it refuses the value: use another person.`,
      },
    ],
    [
      'at a characteristic',
      'characteristics.plan',
      false,
      {
        envelope: 'participants: the Hub found the test person',
        characteristics: `nested: ${words} ► ${nesting}`,
      },
    ],
    [
      'at the e-mail, which may be looked for elsewhere',
      'email',
      true,
      {
        envelope: `participants: ${words} ► If the Hub refuses this person, use another one. Otherwise: ${toJsonapi}`,
      },
    ],
    [
      'at a plain field',
      'city',
      false,
      { envelope: `participants: ${words} ► Use another person, or remove the field from the mapping.` },
    ],
  ];
  for (const [where, field, atRow, expected] of cases) {
    it(`says what it accuses, and what to try: ${where}`, () => {
      const answer = refused('is odd', field, atRow);
      const { auth, version, ...rest } = told({ answer, after: closed });
      expect([auth, version]).to.deep.equal(understood);
      expect(rest).to.deep.equal(expected);
    });
  }

  const verdicts: readonly (readonly [string | null, boolean, readonly string[]])[] = [
    [null, false, ['wrong']],
    [null, true, ['open']],
    ['email', true, ['open']],
    ['city', true, ['confirmed']],
    ['first_name', true, ['confirmed', 'wrong']],
  ];
  for (const [field, atRow, expected] of verdicts) {
    it(`calls the profile ${expected.at(-1)} when ${field ?? 'no field'} is named${atRow ? ' at the person' : ''}`, () => {
      const evidence = { wire, sent, before: nobody, after: closed, answer: refused('is odd', field, atRow) };
      const [, , ...settings] = canaryFindings(evidence).settings;
      expect(settings.map(({ status }) => status)).to.deep.equal(expected);
    });
  }

  const named: readonly (readonly [string, readonly string[]])[] = [
    ['City: the firstName is too long', ['first_name']],
    ['plan and city are wrong', ['city']],
    ['PLAN is no choice', ['characteristics.plan']],
    ['the velocity is wrong', []],
    ['city_name is unknown', []],
    ['the cities are unknown', []],
    ['city', ['city']],
    ['the email is read, first_name is not', ['first_name']],
    ['seat-class is unknown', ['characteristics.seat-class']],
    ['a+b is unknown', ['characteristics.a+b']],
  ];
  for (const [message, fields] of named) {
    it(`finds ${fields[0] ?? 'no field'} in "${message}"`, () => {
      const odd = { ...sent, characteristics: { plan: 'pro', 'seat-class': 'x', 'a+b': 'y' } };
      const evidence = { wire, sent: odd, answer: refused(message, null, false), before: nobody, after: closed };
      expect(canaryFindings(evidence).fields.map(({ field }) => field)).to.deep.equal(fields);
    });
  }

  it('takes no name out of the words when the Hub points at a field that was not sent', () => {
    const evidence = { wire, sent, before: nobody, after: closed };
    const fieldsOf = (atRow: boolean): readonly string[] => {
      const answer = refused('city is wrong', 'country', atRow);
      return canaryFindings({ ...evidence, answer }).fields.map(({ field }) => field);
    };
    expect(fieldsOf(true)).to.deep.equal([]);
    expect(fieldsOf(false)).to.deep.equal(['city']);
  });

  it('takes a name out of the words when the Hub points at the person as a whole', () => {
    const evidence = { wire, sent, before: nobody, after: closed, answer: refused('city is wrong', null, true) };
    expect(canaryFindings(evidence).fields.map(({ field }) => field)).to.deep.equal(['city']);
  });

  it('shows a refused field with what was sent, as the Hub holds nothing of it', () => {
    const answer = refused('is odd', 'city', true);
    const { fields } = canaryFindings({ wire, sent, answer, before: nobody, after: closed });
    expect(fields).to.deep.equal([{ field: 'city', status: 'refused', sent: 'Oslo', held: null }]);
  });
});
