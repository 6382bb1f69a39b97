import { sourceFiles } from '../architecture/source-files.ts';

/** The files of the package that the code asks for by name: whatever is installed or copied has to hold them. */
export function packageFilesInCode(): readonly string[] {
  const names = sourceFiles('src').flatMap(({ text }) => [...text.matchAll(/packageFile\('([^']+)'\)/g)]);
  return [...new Set(names.map(([, path = '']) => path))];
}
