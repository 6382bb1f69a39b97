/** The vendor's OpenAPI file: which wire profile it describes. Pure, and nothing outside the file is read. */

import { PanelsyncError } from '../../core/errors.ts';
import type { ReferenceFinding, WireReference } from '../../core/wire-reference.ts';
import { sanitizeLine } from '../sanitize.ts';
import { batchPath } from '../wire.ts';
import { errorFindings, listFindings, mediaFindings } from './answers.ts';
import { authenticationOf } from './authentication.ts';
import { baseUrlsOf, findBatchOperation } from './batch-operation.ts';
import type { Operation } from './batch-operation.ts';
import { participantFindings } from './participant-schema.ts';
import { envelopeOf } from './request-body.ts';
import { parseSpec } from './spec-node.ts';
import type { SpecNode } from './spec-node.ts';

/** Reads YAML or JSON. `file` is its name in errors. Throws where it is not the OpenAPI 3 of a Hub. */
export function readWireReference(text: string, file: string): WireReference {
  const root = openapiRoot(text, file);
  const operation = findBatchOperation(root);
  const title = sanitizeLine(root.get('info')?.text('title') ?? 'without a title', 100);
  if (operation === null) {
    const count = root.get('paths')?.entries().length ?? 0;
    throw specError(
      `${file} describes "${title}" with ${count} paths, and none of them writes participants in batches.`,
      `Use the file of the Research Hub API, v2; it has PATCH ${batchPath}.`,
    );
  }
  return { title, version: sanitizeLine(root.get('info')?.text('version') ?? '?', 40), ...derive(root, operation) };
}

function derive(root: SpecNode, operation: Operation): Omit<WireReference, 'title' | 'version'> {
  const { node, path } = operation;
  const method = operation.method.toUpperCase();
  const auth = authenticationOf(root, operation);
  const body = envelopeOf(node);
  const participant = body.participant === null ? null : participantFindings(body.participant);
  const answers = [errorFindings(node), mediaFindings(node), listFindings(root)];
  const isOurs = method === 'PATCH' && path.endsWith(batchPath);
  const request = `a batch is ${method} ${path}, and panelsync sends PATCH ${batchPath}`;
  return {
    operation: { method, path, place: node.place },
    settings: {
      ...(auth.values ? { auth: auth.values } : {}),
      ...(body.envelope ? { envelope: body.envelope } : {}),
      ...(participant?.fieldCase ? { fieldCase: participant.fieldCase } : {}),
      ...(participant?.characteristics ? { characteristics: participant.characteristics } : {}),
    },
    maxBatchSize: body.maxItems,
    baseUrls: isOurs ? baseUrlsOf(root, operation) : null,
    facts: [...(participant?.facts ?? []), ...answers.flatMap(({ facts }) => facts)].map(cleaned),
    unsupported: [
      ...(isOurs ? [] : [{ text: request, place: node.place }]),
      ...auth.unsupported,
      ...body.unsupported,
      ...(participant?.unsupported ?? []),
      ...answers.flatMap(({ unsupported }) => unsupported),
    ].map(cleaned),
  };
}

function openapiRoot(text: string, file: string): SpecNode {
  const parsed = parseSpec(text);
  if ('errorLine' in parsed) {
    throw specError(
      `${file} is neither YAML nor JSON from line ${parsed.errorLine} on.`,
      'Download the OpenAPI file again: a page of HTML may have been saved in its place.',
    );
  }
  const { root } = parsed;
  const version = root.text('openapi');
  if (version !== null && /^3\.[01](\.|$)/.test(version)) return root;
  const swagger = root.get('swagger')?.scalar();
  if (swagger === undefined && version === null) {
    throw specError(
      `${file} is no OpenAPI file: it has no \`openapi\`.`,
      'Use the OpenAPI file of the Research Hub API.',
    );
  }
  const written = swagger === undefined ? `OpenAPI ${version}` : `Swagger ${JSON.stringify(swagger)}`;
  throw specError(
    `${file} is ${sanitizeLine(written, 40)}; panelsync reads OpenAPI 3.0 and 3.1.`,
    'Use the OpenAPI file of the Research Hub API, v2, or convert this one to OpenAPI 3.',
  );
}

/** Names come from the file, which may have any characters in them. */
function cleaned({ text, place }: ReferenceFinding): ReferenceFinding {
  return { text: sanitizeLine(text, 300), place };
}

function specError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'openapi_unusable', recovery: 'usage', message, hint });
}
