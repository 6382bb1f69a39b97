import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { SpecPlace } from '../../core/wire-reference.ts';

/** Longer chains of references are taken for a loop. */
const maxReferences = 50;

interface SpecFile {
  readonly document: Document;
  readonly lineCounter: LineCounter;
}

/** A value of an API description in YAML or JSON that knows where it stands. */
export class SpecNode {
  readonly pointer: string;
  readonly #file: SpecFile;
  readonly #node: unknown;

  constructor(file: SpecFile, node: unknown, pointer: string) {
    this.#file = file;
    this.#node = isAlias(node) ? node.resolve(file.document) : node;
    this.pointer = pointer;
  }

  get place(): SpecPlace {
    const range = isScalar(this.#node) || isMap(this.#node) || isSeq(this.#node) ? this.#node.range : null;
    return { pointer: this.pointer, line: this.#file.lineCounter.linePos(range?.[0] ?? 0).line };
  }

  /** What a `$ref` stands for. `null`: it leads into another file, nowhere, or back to itself. */
  target(followed = 0): SpecNode | null {
    const reference = this.reference();
    if (reference === null) return this;
    if (followed >= maxReferences || !reference.startsWith('#')) return null;
    return this.#at(reference.slice(1), followed + 1)?.target(followed + 1) ?? null;
  }

  /** The text of its `$ref`. */
  reference(): string | null {
    if (!isMap(this.#node)) return null;
    const value: unknown = this.#node.get('$ref');
    return typeof value === 'string' ? value : null;
  }

  /** The value under a key, with its reference resolved. */
  get(name: string): SpecNode | null {
    return this.child(name)?.target() ?? null;
  }

  /** The value under a key as it is written. */
  child(name: string): SpecNode | null {
    const part = name.replaceAll('~', '~0').replaceAll('/', '~1');
    const pointer = `${this.pointer}/${part}`;
    if (isMap(this.#node)) {
      const pair = this.#node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      return pair?.value === undefined ? null : new SpecNode(this.#file, pair.value, pointer);
    }
    const item: unknown = isSeq(this.#node) ? this.#node.items[Number(name)] : undefined;
    return item === undefined ? null : new SpecNode(this.#file, item, pointer);
  }

  /** Of a mapping. Those whose reference leads nowhere are as they are written. */
  entries(): readonly (readonly [string, SpecNode])[] {
    if (!isMap(this.#node)) return [];
    return this.#node.items.flatMap(({ key }) => {
      const name = isScalar(key) ? String(key.value) : '';
      const node = this.child(name);
      return node === null ? [] : [[name, node.target() ?? node] as const];
    });
  }

  items(): readonly SpecNode[] {
    if (!isSeq(this.#node)) return [];
    return this.#node.items.flatMap((_, index) => {
      const node = this.child(String(index));
      return node === null ? [] : [node.target() ?? node];
    });
  }

  isMapping(): boolean {
    return isMap(this.#node);
  }

  scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined;
  }

  text(name: string): string | null {
    const value = this.get(name)?.scalar();
    return typeof value === 'string' ? value : null;
  }

  number(name: string): number | null {
    const value = this.get(name)?.scalar();
    return typeof value === 'number' ? value : null;
  }

  #at(pointer: string, followed: number): SpecNode | null {
    let node: SpecNode | null = new SpecNode(this.#file, this.#file.document.contents, '');
    for (const part of pointer.split('/').slice(1)) {
      // A reference on the way is followed; the last one is left to the caller.
      node = node?.target(followed)?.child(decodePart(part)) ?? null;
    }
    return node;
  }
}

function decodePart(part: string): string {
  const unescaped = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(unescaped);
  } catch {
    return unescaped;
  }
}

/** The root of a file; or the line where it stops being YAML or JSON. */
export function parseSpec(text: string): { readonly root: SpecNode } | { readonly errorLine: number } {
  const lineCounter = new LineCounter();
  const options = { lineCounter, schema: 'core', prettyErrors: false, uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error !== undefined) return { errorLine: lineCounter.linePos(error.pos[0]).line };
  return { root: new SpecNode({ document, lineCounter }, document.contents, '') };
}
