import type { ConfigIssue } from './issues/issues.ts';
import { safeWord } from './issues/issues.ts';

export type SettingPath = readonly string[];

/** Where a value is written and whether its text may be shown: `unknown` when its reference had nothing to give. */
export interface SourceLocation {
  readonly line: number;
  readonly origin: 'file' | 'environment' | 'unknown';
}

/** The settings as written, with references replaced, before anything is known about their shape. */
export interface SettingsTree {
  readonly root: unknown;
  readonly locate: (path: SettingPath) => SourceLocation | null;
}

export function pathKey(path: SettingPath): string {
  return JSON.stringify(path);
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One path of the configuration, written or not: its value, its location, and issues with it. */
export class Setting {
  readonly path: SettingPath;
  readonly #tree: SettingsTree;

  constructor(tree: SettingsTree, path: SettingPath = []) {
    this.#tree = tree;
    this.path = path;
  }

  at(...keys: readonly string[]): Setting {
    return new Setting(this.#tree, [...this.path, ...keys]);
  }

  get parent(): Setting | null {
    return this.path.length === 0 ? null : new Setting(this.#tree, this.path.slice(0, -1));
  }

  /** The last key of its path. */
  get name(): string {
    return this.path.at(-1) ?? '';
  }

  get value(): unknown {
    return this.path.reduce<unknown>((value, key) => childOf(value, key), this.#tree.root);
  }

  /** Its text; empty when it has none. */
  get text(): string {
    const { value } = this;
    return typeof value === 'string' ? value : '';
  }

  /** The settings of a mapping, or the items of a list. */
  get children(): readonly Setting[] {
    const { value } = this;
    return typeof value === 'object' && value !== null ? Object.keys(value).map((key) => this.at(key)) : [];
  }

  get location(): SourceLocation | null {
    return this.#tree.locate(this.path);
  }

  /** Whether its text is in the file and may be shown: what comes from the environment may be a secret. */
  get isShowable(): boolean {
    return this.location?.origin === 'file';
  }

  /** Whether somebody wrote a value here, even one whose reference had nothing to give: that is its own issue. */
  get isPresent(): boolean {
    return this.value !== undefined || this.isUnresolved;
  }

  get isUnresolved(): boolean {
    return this.location?.origin === 'unknown';
  }

  /** Like `isPresent`, but an empty text counts as absent. */
  get isFilled(): boolean {
    return this.isPresent && this.value !== '';
  }

  /** An issue with the line of the setting, or of the nearest mapping around it when it is not written. */
  issue(message: string, hint: string | null = null): ConfigIssue {
    const paths = this.path.map((_, index) => this.path.slice(0, this.path.length - index));
    const location = [...paths, []].map((path) => this.#tree.locate(path)).find((found) => found !== null);
    return { path: this.path.map(safeWord).join('.'), line: location?.line ?? null, message, hint };
  }
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
