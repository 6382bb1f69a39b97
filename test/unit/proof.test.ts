import { expect } from 'chai';
import { Proof } from '../../src/sync/proof.ts';
import { faultOf, outboxRow } from '../helpers/memory-hub.ts';

function proofOf(messages: readonly string[], suspect = false): Proof {
  const proof = new Proof();
  for (const [at, message] of messages.entries()) {
    proof.withhold({ batch: at + 1, rejected: [{ row: outboxRow(at + 1, suspect), fault: faultOf(message) }] });
  }
  return proof;
}

describe('proof of the contract', () => {
  const alike: readonly (readonly string[])[] = [
    ['no such characteristic', 'no such characteristic'],
    ['ada@example.test is no address', 'bob+x@example.test is no address'],
    ['row 3 is bad', 'row 17 is bad'],
    ['"12-B" is no plan', '"x y" is no plan'],
    ["'O K' is no plan", "'?' is no plan"],
    ['alone'],
  ];
  for (const messages of alike) {
    it(`takes ${JSON.stringify(messages)} for one reason`, () => {
      const error = proofOf(messages).contractError(false);
      expect(error).to.have.property('code', 'contract_refused');
      expect(error?.message).to.contain(`refused all ${messages.length} rows`);
      for (const person of ['ada', 'bob', '12-B', 'O K']) expect(error?.message).not.to.contain(person);
    });
  }

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
    for (const other of [faultOf('no', 'city'), { code: 'taken', message: 'no', field: null }]) {
      const proof = proofOf(['no']);
      proof.withhold({ batch: 2, rejected: [{ row: outboxRow(2), fault: other }] });
      expect(proof.contractError(false)).to.equal(null);
    }
  });

  it('says the field that all refusals name', () => {
    const proof = new Proof();
    proof.withhold({ batch: 1, rejected: [{ row: outboxRow(1), fault: faultOf('no', 'characteristics.plan') }] });
    expect(proof.contractError(false)?.message).to.match(/: no \(characteristics\.plan\)$/);
  });

  it('does not blame a contract that worked before for rows that were refused before', () => {
    const proof = proofOf(['no', 'no'], true);
    expect(proof.contractError(true)).to.equal(null);
    expect(proof.contractError(false)).to.have.property('code', 'contract_refused');
  });

  it('finds no fault with the contract once a row was accepted, or before any was refused', () => {
    const proof = proofOf(['no']);
    proof.accept();
    expect([proof.accepted, proof.contractError(false)]).to.deep.equal([true, null]);
    expect(new Proof().contractError(false)).to.equal(null);
  });

  it('gives what it withheld once', () => {
    const proof = proofOf(['no', 'no']);
    proof.withhold({ batch: 9, rejected: [] });
    expect(proof.release().map(({ batch }) => batch)).to.deep.equal([1, 2]);
    expect(proof.release()).to.deep.equal([]);
  });
});
