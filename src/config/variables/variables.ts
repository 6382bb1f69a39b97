/** Values of references: the environment, files of variables, and files of secrets. */

import path from 'node:path';
import type { TextFile } from '../text-file.ts';

/** Variables by name, such as those of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReferenceProblem {
  /** It contains no part of a value. */
  readonly message: string;
  readonly hint: string;
}

/** Variables of one origin: the process, or a file of variables. */
export interface VariableLayer {
  readonly values: Environment;
  /** Variables of which the file says something else than what is read, by name. */
  readonly problems?: Readonly<Record<string, ReferenceProblem>>;
}

export type ReferenceValue = { readonly text: string } | { readonly problem: ReferenceProblem };

/** Values of references, by their content: `NAME`, or `file:/path`. */
export type ReferenceValues = ReadonlyMap<string, ReferenceValue>;

export interface ReferenceSources {
  /** The first layer that has a variable decides. */
  readonly layers: readonly VariableLayer[];
  /** Relative paths start here. */
  readonly directory: string;
  readonly readFile: (file: string) => Promise<TextFile>;
}

/** Looks up references; a variable that no layer has is left out. */
export async function resolveReferences(
  references: ReadonlySet<string>,
  sources: ReferenceSources,
): Promise<ReferenceValues> {
  const values = new Map<string, ReferenceValue>();
  for (const reference of references) {
    const value = reference.startsWith('file:')
      ? await readSecretFile(reference.slice('file:'.length), sources, 'the file')
      : await resolveVariable(reference, sources);
    if (value !== null) values.set(reference, value);
  }
  return values;
}

async function resolveVariable(name: string, sources: ReferenceSources): Promise<ReferenceValue | null> {
  const fileVariable = `${name}_FILE`;
  for (const { values, problems = {} } of sources.layers) {
    const problem = ownValue(problems, name);
    if (problem !== undefined) return { problem };
    const [text, file] = [ownValue(values, name), ownValue(values, fileVariable)];
    if (text && file) {
      const hint = `Keep one of them: ${fileVariable} names a file with the value.`;
      return { problem: { message: `both ${name} and ${fileVariable} are set`, hint } };
    }
    if (file) return readSecretFile(file, sources, `the file that ${fileVariable} names`);
    if (text !== undefined) return { text };
  }
  return null;
}

/** Files of container platforms and editors end in a line break that is no part of the value. */
async function readSecretFile(
  file: string,
  { directory, readFile }: ReferenceSources,
  label: string,
): Promise<ReferenceValue> {
  const content = await readFile(path.resolve(directory, file));
  if ('text' in content) return { text: content.text.replace(/[\r\n]+$/, '') };
  const hint = 'Correct the path; relative paths start at the folder of the configuration file.';
  return { problem: { message: `${label} ${content.problem}`, hint } };
}

/** Not what every object inherits. */
function ownValue<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
