import { exposuresDocument, exposuresText } from '../config/dbt/exposures.ts';
import type { ExposureOptions, ExposuresDocument } from '../config/dbt/exposures.ts';
import type { App } from '../app.ts';

/** Syncs as exposures of dbt, for a file of properties in its project. */
export function dbtExposures(
  { config }: App,
  options: ExposureOptions,
): { readonly document: ExposuresDocument; readonly text: string } {
  const document = exposuresDocument(config, options);
  return { document, text: exposuresText(document) };
}
