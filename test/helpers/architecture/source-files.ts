import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A source file; `path` starts at its root folder, such as `sync/plan.ts`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  /** As written: a package, a `node:` module, or a relative path. */
  readonly specifier: string;
  /** The file that it names, `null` for packages. */
  readonly target: string | null;
  /** `import type`: nothing is left of it in the compiled code. */
  readonly isType: boolean;
}

/** `import … from`, `export … from`, `import '…'` and `import('…')`, type imports included. */
const imports = /^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*'([^']+)'|\bimport\(\s*['"`]([^'"`]+)['"`]/gms;

/** All TypeScript files of one of the project's folders. */
export function sourceFiles(folder: 'src' | 'test'): readonly SourceFile[] {
  // Compiled, this file stands in dist/test/helpers/architecture.
  const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..', folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

export function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [...text.matchAll(imports)].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
    const isType = /^import type\b/.test(match[0]);
    return { line: lineAt(text, match.index), specifier, target, isType };
  });
}

/** Each place where the pattern stands, as `path:line`, outside of comments. */
export function matchLocations({ path, text }: SourceFile, pattern: RegExp): readonly string[] {
  return withoutComments(text)
    .split('\n')
    .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}`] : []));
}

/** The outermost functions and the methods of a file, by the form that the formatter gives them; SQL does not count. */
export function functionsOf({ text }: SourceFile): readonly { readonly line: number; readonly lines: number }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const indent = functionStart.test(line) ? '' : methodStart.test(line) ? '  ' : null;
    if (indent === null) return [];
    const length = lines.slice(at).findIndex((other) => new RegExp(`^${indent}\\}[;,)]*$`).test(other)) + 1;
    const body = lines.slice(at, at + length).join('\n');
    return [{ line: at + 1, lines: body.replace(/`[^`]*`/g, '').split('\n').length }];
  });
}

const functionStart = /^(?:export )?(?:(?:async )?function\b|const \w+\b.*=> \{$)/;
const methodStart =
  /^ {2}(?:(?:static|async|get|set|override) |[*#])*(?!(?:if|for|while|switch|return|await)\b)\w+\((?!.*;$)/;

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, blankOut).replace(/(?<=^|\s)\/\/.*$/gm, blankOut);
}

function blankOut(comment: string): string {
  return comment.replace(/[^\n]/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
