import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import type { WireSettings } from '../../../../src/core/settings.ts';
import type { Payload } from '../../../../src/core/model/terms.ts';
import { canaryFindings } from '../../../../src/sync/canary/findings.ts';
import type {
  CanaryAnswer,
  CanaryEvidence,
  CanaryFindings,
  Observation,
} from '../../../../src/sync/canary/findings.ts';
import { fieldStatuses, settingStatuses } from '../../../helpers/panel/canary.ts';

const wire: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};

const sent: Payload = {
  fields: { email: 'c@example.test', first_name: 'Canary', city: 'Oslo' },
  characteristics: { plan: 'pro' },
};

function sight(payload: Payload | null): Observation {
  return { read: true, payload };
}

const nobody = sight(null);
const closed: Observation = { read: false, reason: 'answered 403' };
const accepted: CanaryAnswer = { kind: 'accepted' };

function found(evidence: Partial<CanaryEvidence>): CanaryFindings {
  return canaryFindings({ wire, sent, answer: accepted, before: nobody, after: sight(sent), ...evidence });
}

function holding(fields: Payload['fields'], characteristics: Payload['characteristics'] = {}): Observation {
  return sight({ fields: { email: 'c@example.test', ...fields }, characteristics });
}

function refusal(message: string, field: string | null, atRow: boolean): CanaryAnswer {
  return { kind: 'refused', rowError: { code: 'refused_422', message, field }, isAttributed: atRow };
}

function hintOf({ settings }: CanaryFindings, name: string): string | null {
  return settings.find(({ setting }) => setting === name)?.hint ?? null;
}

const understood = { auth: 'confirmed', version: 'confirmed' };

describe('what a canary shows of the wire profile', () => {
  it('is that everything is right when a new person came back as sent', () => {
    const findings = found({});
    expect(findings.verdict).to.equal('confirmed');
    expect(settingStatuses(findings)).to.deep.equal({
      ...understood,
      envelope: 'confirmed',
      fieldCase: 'confirmed',
      characteristics: 'confirmed',
    });
    expect(fieldStatuses(findings)).to.deep.equal({
      first_name: 'arrived',
      city: 'arrived',
      'characteristics.plan': 'arrived',
    });
  });

  it('is the wrong case when just the names of two words are missing', () => {
    const findings = found({ after: holding({ city: 'Oslo' }, { plan: 'pro' }) });
    expect(findings.verdict).to.equal('wrong');
    expect(settingStatuses(findings)).to.include({
      envelope: 'confirmed',
      fieldCase: 'wrong',
      characteristics: 'confirmed',
    });
    expect(hintOf(findings, 'fieldCase')).to.contain('destination.wire.fieldCase to camel');
    expect(fieldStatuses(findings)).to.include({ first_name: 'dropped', city: 'arrived' });
  });

  it('is the wrong envelope when nothing arrived but the e-mail, or the list does not hold the person', () => {
    for (const after of [holding({}), nobody]) {
      const findings = found({ after });
      expect(findings.verdict).to.equal('wrong');
      expect(settingStatuses(findings)).to.include({ envelope: 'wrong', fieldCase: 'open', characteristics: 'open' });
      expect(hintOf(findings, 'envelope')).to.contain('destination.wire.envelope to jsonapi');
    }
  });

  it('is that characteristics stand at the wrong place when just they are missing', () => {
    const findings = found({ after: holding({ first_name: 'Canary', city: 'Oslo' }) });
    expect(findings.verdict).to.equal('wrong');
    expect(settingStatuses(findings)).to.include({ fieldCase: 'confirmed', characteristics: 'wrong' });
  });

  it('is one field that the Hub drops, where others of its kind arrived', () => {
    const two = { ...sent, fields: { ...sent.fields, last_name: 'Test' } };
    const findings = found({ sent: two, after: holding({ first_name: 'Canary', city: 'Oslo' }, { plan: 'pro' }) });
    expect(findings.verdict).to.equal('wrong');
    expect(settingStatuses(findings)).to.include({ fieldCase: 'confirmed' });
    expect(fieldStatuses(findings)).to.include({ last_name: 'dropped', first_name: 'arrived' });
  });

  it('is that a name is known and its value rewritten when another value comes back', () => {
    const findings = found({ after: holding({ first_name: 'CANARY', city: 'Oslo' }, { plan: 'pro' }) });
    expect(findings.verdict).to.equal('wrong');
    expect(settingStatuses(findings)).to.include({ fieldCase: 'confirmed' });
    expect(findings.fields[0]).to.deep.equal({
      field: 'first_name',
      status: 'altered',
      sent: 'Canary',
      held: 'CANARY',
    });
  });

  it('is nothing where the Hub held the same before: taken is not proven', () => {
    const findings = found({ before: sight(sent) });
    expect(findings.verdict).to.equal('accepted');
    expect(settingStatuses(findings)).to.include({ envelope: 'open', fieldCase: 'open', characteristics: 'open' });
    expect(hintOf(findings, 'fieldCase')).to.contain('that the Hub does not have');
  });

  it('is the dropped field of somebody who keeps the old value', () => {
    const before = holding({ first_name: 'Old', city: 'Rome' }, { plan: 'free' });
    const findings = found({ before, after: holding({ first_name: 'Old', city: 'Oslo' }, { plan: 'pro' }) });
    expect(settingStatuses(findings)).to.include({
      envelope: 'confirmed',
      fieldCase: 'wrong',
      characteristics: 'confirmed',
    });
    expect(settingStatuses(found({ before, after: before }))).to.include({ envelope: 'wrong', fieldCase: 'open' });
  });

  it('is that the Hub took it, and no more, when the list cannot be read', () => {
    const findings = found({ before: closed, after: closed });
    expect(findings.verdict).to.equal('accepted');
    expect(settingStatuses(findings)).to.include({ ...understood, envelope: 'open' });
    expect(fieldStatuses(findings)).to.include({ first_name: 'unseen' });
  });

  it('is the wrong case, and the right envelope, when a new person with names of two words only arrived without them', () => {
    const named = { fields: { email: 'c@example.test', first_name: 'Canary' }, characteristics: {} };
    const findings = found({ sent: named, after: holding({}) });
    expect(settingStatuses(findings)).to.include({ envelope: 'confirmed', fieldCase: 'wrong' });
    const before = holding({ first_name: 'Old' });
    expect(settingStatuses(found({ sent: named, before, after: before }))).to.include({
      envelope: 'open',
      fieldCase: 'wrong',
    });
  });

  it('is the wrong envelope when a field of one word did not arrive, and nothing else was sent', () => {
    const plain = { fields: { email: 'c@example.test', city: 'Oslo' }, characteristics: {} };
    expect(settingStatuses(found({ sent: plain, after: holding({}) }))).to.include({ envelope: 'wrong' });
  });

  it('is what the list shows where only e-mails are mapped', () => {
    const bare = { fields: { email: 'c@example.test' }, characteristics: {} };
    const shown = [nobody, sight(bare)].flatMap((before) =>
      [nobody, sight(bare)].map((after) => {
        const findings = found({ sent: bare, before, after });
        return `${findings.verdict}: ${settingStatuses(findings)['envelope']}`;
      }),
    );
    expect(shown).to.deep.equal(['wrong: wrong', 'confirmed: confirmed', 'wrong: wrong', 'accepted: open']);
  });

  it('leaves open what the mapping has nothing to show for, and is confirmed all the same', () => {
    const plain = { fields: { email: 'c@example.test', city: 'Oslo' }, characteristics: {} };
    const findings = found({ sent: plain, after: sight(plain) });
    expect(findings.verdict).to.equal('confirmed');
    expect(settingStatuses(findings)).to.include({ envelope: 'confirmed', fieldCase: 'open', characteristics: 'open' });
  });
});

describe('what a refusal of a canary accuses', () => {
  const cases: readonly (readonly [string, CanaryAnswer, string | null, string])[] = [
    ['a field of two words at the row', refusal('unknown', 'first_name', true), 'first_name', 'fieldCase'],
    [
      'a characteristic at the row',
      refusal('unknown', 'characteristics.plan', true),
      'characteristics.plan',
      'characteristics',
    ],
    ['no place and no name', refusal('Expected { "data": [] }', null, false), null, 'envelope'],
    ['a name of two words among its words', refusal('first_name is no city', null, false), 'first_name', 'fieldCase'],
    ['the same name in the other case', refusal('FirstName is unknown', null, false), 'first_name', 'fieldCase'],
  ];
  for (const [what, answer, field, setting] of cases) {
    it(`is ${setting}, when it names ${what}`, () => {
      const findings = found({ answer, after: closed });
      expect(findings.verdict).to.equal('wrong');
      expect(findings.fields.map((one) => one.field)).to.deep.equal(field === null ? [] : [field]);
      const wrong = findings.settings.filter(({ status }) => status === 'wrong');
      expect(wrong.map((one) => one.setting)).to.deep.equal([setting]);
    });
  }

  it('is no setting for sure, when it is the e-mail or a value', () => {
    for (const field of ['email', 'city']) {
      const findings = found({ answer: refusal('is not wanted', field, true), after: closed });
      expect(findings.verdict).to.equal('wrong');
      expect(findings.settings.filter(({ status }) => status === 'wrong')).to.deep.equal([]);
      expect(fieldStatuses(findings)).to.deep.equal({ [field]: 'refused' });
    }
  });

  it('is the setting that turned the request away, and nothing else is said', () => {
    const error = new PanelsyncError({ code: 'hub_forbidden', recovery: 'fatal', message: 'was 403', hint: 'Check' });
    const findings = found({ answer: { kind: 'turned_away', setting: 'auth', error }, after: closed });
    expect(findings.verdict).to.equal('wrong');
    expect(findings.fields).to.deep.equal([]);
    expect(findings.settings).to.deep.equal([
      { setting: 'auth', value: 'apikey-header', status: 'wrong', message: 'was 403', hint: 'Check' },
    ]);
  });
});
