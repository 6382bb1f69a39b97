import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import {
  absoluteLimitMs,
  idleLimitMs,
  maxSessions,
  Sessions,
  showPeopleMs,
} from '../../../../src/server/access/sessions.ts';

describe('sessions', () => {
  let clock: SinonFakeTimers;
  let sessions: Sessions;
  beforeEach(() => {
    clock = useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
    sessions = new Sessions();
  });
  afterEach(() => clock.restore());

  it('are found by their id, and by no other', () => {
    const { id, session } = sessions.create('reader');
    expect(id).to.match(/^[\w-]{43}$/);
    expect(sessions.find(id)).to.equal(session);
    expect(sessions.find(`${id}x`)).to.equal(null);
    expect(sessions.create('reader').id).to.not.equal(id);
  });

  it('end when nobody uses them, and in any case after a day', () => {
    const { id, session } = sessions.create('operator');
    clock.tick(idleLimitMs - 1);
    expect(sessions.find(id)).to.equal(session);
    for (let usedMs = idleLimitMs - 1; usedMs + idleLimitMs - 1 < absoluteLimitMs; usedMs += idleLimitMs - 1) {
      clock.tick(idleLimitMs - 1);
      expect(sessions.find(id)).to.equal(session);
    }
    clock.tick(idleLimitMs - 1);
    expect(sessions.find(id)).to.equal(null);
    const idle = sessions.create('operator');
    clock.tick(idleLimitMs);
    expect(idle.session.isActive).to.equal(false);
    expect(sessions.find(idle.id)).to.equal(null);
    expect(idle.session.ended.aborted).to.equal(true);
  });

  it('end on the server when somebody signs out', () => {
    const { id, session } = sessions.create('operator');
    sessions.end(id);
    expect(sessions.find(id)).to.equal(null);
    expect(session.ended.aborted).to.equal(true);
    expect(session.isActive).to.equal(false);
  });

  it('show people for an hour at most', () => {
    const { session } = sessions.create('operator');
    expect(session.showsPeople).to.equal(false);
    session.showPeople();
    clock.tick(showPeopleMs - 1);
    expect(session.showsPeople).to.equal(true);
    clock.tick(1);
    expect(session.showsPeople).to.equal(false);
    session.showPeople();
    session.hidePeople();
    expect(session.showsPeople).to.equal(false);
  });

  it('make room for new ones: the one that was used longest ago goes', () => {
    const [first, second] = [sessions.create('reader'), sessions.create('reader')];
    clock.tick(1);
    sessions.find(first.id);
    for (let count = 2; count <= maxSessions; count += 1) sessions.create('reader');
    expect(sessions.find(first.id)).to.equal(first.session);
    expect(sessions.find(second.id)).to.equal(null);
    expect(second.session.ended.aborted).to.equal(true);
  });
});
