import { expect } from 'chai';
import { AccessControl } from '../../../src/server/access/access-control.ts';
import { EventStreams } from '../../../src/server/events/events.ts';
import { Cursors } from '../../../src/server/http/cursors.ts';
import { Pages } from '../../../src/server/http/page.ts';
import { createRoutes } from '../../../src/server/routes/routes.ts';
import { readApiDescription } from '../../helpers/daemon/openapi.ts';
import type { ApiDescription } from '../../helpers/daemon/openapi.ts';
import { ScriptedApi } from '../../helpers/daemon/scripted-api.ts';

describe('the description of the API', () => {
  let description: ApiDescription;
  before(async () => {
    description = await readApiDescription();
  });

  const routes = createRoutes(new ScriptedApi(), {
    access: new AccessControl({ token: null, readToken: null }),
    streams: new EventStreams(),
    pages: new Pages(new Cursors(null)),
  }).flatMap(({ path, get, post }) => [
    ...(get === undefined ? [] : [{ operation: `GET ${path}`, access: get.access }]),
    ...(post === undefined ? [] : [{ operation: `POST ${path}`, access: post.access }]),
  ]);

  it('describes each address that the server has, and no other', () => {
    expect([...description.operations.keys()].toSorted()).to.deep.equal(
      routes.map(({ operation }) => operation).toSorted(),
    );
  });

  it('says which addresses need no token', () => {
    for (const { operation, access } of routes) {
      const { security, responses } = description.operations.get(operation) ?? {};
      expect(security?.length === 0, operation).to.equal(access === 'public');
      if (access !== 'public') expect(Object.keys(responses ?? {}), operation).to.include('401');
    }
  });

  it('finds what is wrong with an answer', () => {
    expect(description.operationFor('GET', '/api/runs/latest')).to.equal('GET /api/runs/latest');
    expect(description.operationFor('GET', '/api/runs/17')).to.equal('GET /api/runs/:id');
    expect(description.answerIssue('GET /healthz', 200, { status: 'ok' })).to.equal(null);
    expect(description.answerIssue('GET /healthz', 200, { status: 'ok', more: 1 })).to.contain('more');
    expect(description.answerIssue('GET /healthz', 500, {})).to.contain('does not describe 500');
    expect(description.answerIssue('GET /api/runs', 200, [{ runId: 17 }])).to.contain('runId');
  });
});
