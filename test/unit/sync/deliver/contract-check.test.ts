import { expect } from 'chai';
import { ContractCheck } from '../../../../src/sync/deliver/contract-check.ts';
import { rowErrorOf, outboxRow } from '../../../helpers/memory/hub.ts';

function proofOf(messages: readonly string[], suspect = false): ContractCheck {
  const proof = new ContractCheck();
  for (const [at, message] of messages.entries()) {
    proof.addPending({ batch: at + 1, rejected: [{ row: outboxRow(at + 1, suspect), error: rowErrorOf(message) }] });
  }
  return proof;
}

describe('proof of the contract', () => {
  const alike: readonly (readonly [string, readonly string[]])[] = [
    ['no such characteristic', ['no such characteristic', 'no such characteristic']],
    ['… is no address', ['ada@example.test is no address', 'bob+x@example.test is no address']],
    ['row … is bad', ['row 3 is bad', 'row 17 is bad']],
    ['… is no plan', ['"12-B" is no plan', '"x y" is no plan']],
    ['… is no plan', ["'O K' is no plan", "'?' is no plan"]],
    ['alone', ['alone']],
  ];
  for (const [words, messages] of alike) {
    it(`takes ${JSON.stringify(messages)} for one reason`, () => {
      const error = proofOf(messages).contractError(false);
      expect(error).to.deep.include({ code: 'contract_refused', recovery: 'fatal' });
      expect(error?.message).to.equal(
        `The Hub accepted no row and refused all ${messages.length} rows for the same reason: ${words}`,
      );
      expect(error?.hint).to.contain('destination.wire').and.to.contain('Nobody was marked');
    });
  }

  it('takes refusals that differ by the name of the person only for one reason, and names nobody', () => {
    const proof = new ContractCheck();
    for (const [at, name] of ['Wilma', 'Ada'].entries()) {
      const payload = JSON.stringify({ fields: { first_name: name }, characteristics: {} });
      const row = { ...outboxRow(at + 1), payload };
      proof.addPending({
        batch: at + 1,
        rejected: [{ row, error: rowErrorOf(`${name} is nobody`, `people.${name}.plan`) }],
      });
    }
    expect(proof.contractError(false)?.message).to.match(/for the same reason: … is nobody \(people\.…\.plan\)$/);
  });

  const different: readonly (readonly string[])[] = [
    ['city is too long', 'title is too long'],
    ['"city" is unknown', '"title" is unknown'],
    ['no', 'no', 'no', 'yes'],
  ];
  for (const messages of different) {
    it(`takes ${JSON.stringify(messages)} for different reasons`, () => {
      expect(proofOf(messages).contractError(false)).to.equal(null);
    });
  }

  it('tells refusals of different fields and codes apart', () => {
    for (const other of [rowErrorOf('no', 'city'), { code: 'taken', message: 'no', field: null }]) {
      const proof = proofOf(['no']);
      proof.addPending({ batch: 2, rejected: [{ row: outboxRow(2), error: other }] });
      expect(proof.contractError(false)).to.equal(null);
    }
  });

  it('says the field that all refusals name', () => {
    const proof = new ContractCheck();
    proof.addPending({ batch: 1, rejected: [{ row: outboxRow(1), error: rowErrorOf('no', 'characteristics.plan') }] });
    expect(proof.contractError(false)?.message).to.match(/: no \(characteristics\.plan\)$/);
  });

  it('does not blame a contract that worked before when most of the rows were refused before', () => {
    const proof = proofOf(['no', 'no'], true);
    proof.addPending({ batch: 3, rejected: [{ row: outboxRow(3), error: rowErrorOf('no') }] });
    expect(proof.contractError(true)).to.equal(null);
    expect(proof.contractError(false)).to.have.property('code', 'contract_refused');
    proof.addPending({ batch: 4, rejected: [{ row: outboxRow(4), error: rowErrorOf('no') }] });
    expect(proof.contractError(true)).to.have.property('code', 'contract_refused');
  });

  it('finds no fault with the contract once a row was accepted, or before any was refused', () => {
    const proof = proofOf(['no']);
    proof.accept();
    expect([proof.accepted, proof.contractError(false)]).to.deep.equal([true, null]);
    expect(new ContractCheck().contractError(false)).to.equal(null);
  });

  it('gives what it withheld once', () => {
    const proof = proofOf(['no', 'no']);
    proof.addPending({ batch: 9, rejected: [] });
    expect(proof.release().map(({ batch }) => batch)).to.deep.equal([1, 2]);
    expect(proof.release()).to.deep.equal([]);
  });
});
