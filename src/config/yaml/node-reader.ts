import type { Alias, Document, LineCounter, Node, Pair } from 'yaml';
import { Scalar, YAMLMap, isAlias, isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import { safeWord } from '../issues/issues.ts';
import type { ConfigIssue } from '../issues/issues.ts';
import { Setting, pathKey } from '../setting.ts';
import type { SettingPath, SettingsTree, SourceLocation } from '../setting.ts';
import type { ReferenceValues } from '../variables/variables.ts';
import { substitute, unmaskReferences } from './substitution.ts';

export interface YamlResult {
  /** `null` when the text is not YAML, or is empty. */
  readonly tree: SettingsTree | null;
  readonly issues: readonly ConfigIssue[];
}

interface NodeReaderOptions {
  readonly document: Document;
  readonly lineCounter: LineCounter;
  readonly references: ReferenceValues;
  /** Offsets of keys that the parser saw before in the same mapping. */
  readonly duplicates: ReadonlySet<number>;
}

/** The nodes around a node, from the document down. */
type Ancestors = readonly unknown[];

/** Takes the nodes of one document for settings; the parser resolves aliases and merges, and ends those that multiply. */
export class NodeReader {
  readonly #options: NodeReaderOptions;
  readonly #issues: ConfigIssue[] = [];
  readonly #locations = new Map<string, SourceLocation>();
  readonly #pathByNode = new Map<unknown, SettingPath>();
  /** Settings that an alias or `<<` brings to a path: where those are written. */
  readonly #targets = new Map<string, SettingPath[]>();

  constructor(options: NodeReaderOptions) {
    this.#options = options;
  }

  read(): YamlResult {
    const { document } = this.#options;
    visit(document, {
      Pair: (_, pair, ancestors) => this.#readPair(pair, ancestors),
      Node: (key, node, ancestors) => (key === 'key' ? undefined : this.#readNode(key, node, ancestors)),
    });
    const locate = (path: SettingPath): SourceLocation | null => this.#locate(path);
    try {
      // What is undefined after substitution is left out by the reviver.
      const root: unknown = document.toJS({ reviver: (_, value: unknown) => value });
      return { tree: { root, locate }, issues: this.#issues };
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const message = 'there are too many aliases';
      return { tree: null, issues: [...this.#issues, { path: '', line: null, message, hint: null }] };
    }
  }

  #locate(path: SettingPath): SourceLocation | null {
    const own = this.#locations.get(pathKey(path));
    if (own !== undefined) return own;
    for (let length = path.length; length >= 0; length -= 1) {
      for (const target of this.#targets.get(pathKey(path.slice(0, length))) ?? []) {
        const found = this.#locate([...target, ...path.slice(length)]);
        if (found !== null) return found;
      }
    }
    return null;
  }

  #readPair(pair: Pair, ancestors: Ancestors): symbol | undefined {
    if (isMergePair(pair)) return undefined;
    const path = this.#pathOf(null, [...ancestors, pair]);
    if (path.at(-1) === '__proto__') {
      this.#addIssue(path.slice(0, -1), pair.key, 'a key must be a plain word');
      return visit.REMOVE;
    }
    if (isScalar(pair.key) && this.#options.duplicates.has(pair.key.range?.[0] ?? -1)) {
      const firstLine = this.#locate(path)?.line ?? 1;
      const message = `duplicate key \`${safeWord(path.at(-1) ?? '')}\`, first written on line ${firstLine}`;
      this.#addIssue(path, pair.key, message, 'Keep one of them.');
      return visit.REMOVE;
    }
    this.#setLocation(path, { line: this.#lineOf(pair.key), origin: 'file' }, ancestors);
    return undefined;
  }

  #readNode(key: number | 'value' | null, node: Node, ancestors: Ancestors): Node | symbol | undefined {
    const parent = ancestors.at(-1);
    const path = this.#pathOf(key, ancestors);
    this.#pathByNode.set(node, path);
    if (!isPair(parent)) this.#setLocation(path, { line: this.#lineOf(node), origin: 'file' }, ancestors);
    if (isMergePair(parent) || (isSeq(parent) && isMergePair(ancestors.at(-2)))) {
      return this.#readMergeSource(node, path, ancestors);
    }
    if (isAlias(node)) return this.#readAlias(node, path, ancestors);
    if (!isScalar(node) || typeof node.value !== 'string') return undefined;
    this.#substitute(node, path);
    return node.value === undefined && isSeq(parent) ? visit.REMOVE : undefined;
  }

  /** Replaces the references in a text; where they leave nothing, the node has no value. */
  #substitute(node: Scalar, path: SettingPath): void {
    const { text, isReference, problems } = substitute(unmaskReferences(String(node.value)), this.#options.references);
    node.value = problems.length > 0 || (isReference && text === '') ? undefined : text;
    if (!isReference && problems.length === 0) return;
    const line = this.#lineOf(node);
    this.#locations.set(pathKey(path), { line, origin: problems.length > 0 ? 'unknown' : 'environment' });
    for (const { message, hint } of problems) this.#addIssue(path, node, message, hint);
  }

  #readAlias(alias: Alias, path: SettingPath, ancestors: Ancestors): Node | undefined {
    const target = this.#resolve(alias, path, ancestors);
    if (target === null) return new Scalar(undefined);
    if (!isScalar(target)) return undefined;
    const location = this.#locate(this.#pathByNode.get(target) ?? []);
    if (location !== null) this.#locations.set(pathKey(path), location);
    return target.value === undefined ? new Scalar(undefined) : undefined;
  }

  #readMergeSource(node: Node, path: SettingPath, ancestors: Ancestors): Node | undefined {
    if (isMap(node) || (isSeq(node) && isPair(ancestors.at(-1)))) return undefined;
    const target = isAlias(node) ? this.#resolve(node, path, ancestors) : node;
    if (isMap(target)) return undefined;
    const message = '`<<` takes the alias of a mapping, such as `<<: *shared`';
    if (target !== null) this.#addIssue(path, node, message);
    return new YAMLMap();
  }

  /** The target of an alias, recorded as the location of the settings that it brings; `null` with an issue. */
  #resolve(alias: Alias, path: SettingPath, ancestors: Ancestors): Node | null {
    const target = alias.resolve(this.#options.document) ?? null;
    if (target === null || ancestors.includes(target)) {
      const problem = target === null ? 'the alias has no anchor above it' : 'the alias is inside its own anchor';
      this.#addIssue(path, alias, problem);
      this.#locations.set(pathKey(path), { line: this.#lineOf(alias), origin: 'unknown' });
      return null;
    }
    const targets = this.#targets.get(pathKey(path)) ?? [];
    this.#targets.set(pathKey(path), [...targets, this.#pathByNode.get(target) ?? []]);
    return target;
  }

  /** What `<<` brings has the path of the mapping that contains it. */
  #pathOf(key: number | 'value' | null, ancestors: Ancestors): SettingPath {
    const [container, parent] = [ancestors.at(-2), ancestors.at(-1)];
    const base = this.#pathByNode.get(isPair(parent) ? container : parent) ?? [];
    if (isMergePair(parent) || (isSeq(parent) && isMergePair(container))) return base;
    if (isPair(parent)) return [...base, keyText(parent)];
    return isSeq(parent) ? [...base, String(key)] : [];
  }

  /** What is written in a mapping itself wins over what `<<` brings. */
  #setLocation(path: SettingPath, location: SourceLocation, ancestors: Ancestors): void {
    if (ancestors.some(isMergePair) && this.#locations.has(pathKey(path))) return;
    this.#locations.set(pathKey(path), location);
  }

  #addIssue(path: SettingPath, node: unknown, message: string, hint: string | null = null): void {
    const setting = new Setting({ root: null, locate: (other) => this.#locate(other) }, path);
    this.#issues.push({ ...setting.issue(message, hint), line: this.#lineOf(node) });
  }

  #lineOf(node: unknown): number {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : null;
    return this.#options.lineCounter.linePos(range?.[0] ?? 0).line;
  }
}

function isMergePair(node: unknown): boolean {
  return isPair(node) && isScalar(node.key) && node.key.value === '<<' && node.key.type === 'PLAIN';
}

function keyText({ key }: Pair): string {
  return isScalar(key) ? unmaskReferences(String(key.value)) : '';
}
