/** From YAML to settings: syntax, aliases and merges, references, and the line of every value. */

import type { YAMLError } from 'yaml';
import { LineCounter, isScalar, parseDocument } from 'yaml';
import type { ReferenceValues } from '../variables/variables.ts';
import { NodeReader } from './node-reader.ts';
import type { YamlResult } from './node-reader.ts';
import { maskReferences } from './substitution.ts';
import { syntaxIssues } from './syntax-issues.ts';

/**
 * Reads YAML, replaces its references, and remembers where every value is written. Keys stay as they are written
 * (`007`, `1.10`), and a `%YAML 1.1` at the head does not turn `yes` into `true`.
 */
export function readYaml(text: string, references: ReferenceValues): YamlResult {
  const lineCounter = new LineCounter();
  const options = { lineCounter, schema: 'core', merge: true, stringKeys: true, prettyErrors: false } as const;
  const document = parseDocument(maskReferences(text), options);
  const fatal = [...document.errors, ...document.warnings].filter((error) => !isDuplicateKey(error));
  if (fatal.length > 0) return { tree: null, issues: syntaxIssues(fatal, lineCounter) };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    const hint = 'Run `panelsync init`, which writes an example.';
    return { tree: null, issues: [{ path: '', line: null, message: 'the file has no settings', hint }] };
  }
  const duplicates = new Set(document.errors.filter(isDuplicateKey).map(({ pos }) => pos[0]));
  return new NodeReader({ document, lineCounter, references, duplicates }).read();
}

function isDuplicateKey({ code }: YAMLError): boolean {
  return code === 'DUPLICATE_KEY';
}
