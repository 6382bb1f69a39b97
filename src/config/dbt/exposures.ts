import { Document, isMap, isSeq } from 'yaml';
import type { Config, SyncSettings } from '../../core/settings.ts';

/** Syncs as exposures of dbt: what in the project is used by panelsync, for its lineage and its documentation. */

export interface ExposureOptions {
  /** Names of syncs. */
  readonly syncs: readonly string[];
  readonly owner: { readonly name: string | null; readonly email: string | null };
  /** Where the page of panelsync is; `null`: exposures link to the Hub. */
  readonly pageUrl: string | null;
}

/** The content of a file of properties under `models/` of the project. */
export interface ExposuresDocument {
  readonly version: 2;
  readonly exposures: readonly Exposure[];
}

interface Exposure {
  readonly name: string;
  readonly label: string;
  readonly type: 'application';
  readonly url: string;
  readonly description: string;
  /** Absent of a sync whose SQL dbt does not know. */
  readonly depends_on?: readonly string[];
  readonly owner: { readonly name?: string; readonly email?: string };
}

export function exposuresDocument(config: Config, { syncs, owner, pageUrl }: ExposureOptions): ExposuresDocument {
  const names = new Set<string>();
  const exposures = syncs.flatMap((name) => {
    const sync = config.syncs[name];
    if (sync === undefined) return [];
    const { dbt } = sync.model;
    return {
      name: uniqueName(name, names),
      label: `panelsync: ${name}`,
      type: 'application' as const,
      url: pageUrl === null ? new URL(config.destination.baseUrl).origin : `${pageUrl}/syncs/${name}`,
      description: describe(sync),
      ...(dbt === undefined ? {} : { depends_on: [dbt.dependency] }),
      owner: {
        ...(owner.name === null ? {} : { name: owner.name }),
        ...(owner.email === null ? {} : { email: owner.email }),
      },
    };
  });
  return { version: 2, exposures };
}

/** The document as YAML, with a comment where somebody has to add what a sync reads. */
export function exposuresText(exposures: ExposuresDocument): string {
  const document = new Document(exposures);
  const items = document.get('exposures');
  if (isSeq(items)) {
    for (const item of items.items) {
      if (isMap(item) && !item.has('depends_on')) {
        item.comment =
          " The SQL of this sync names tables itself. Add depends_on with the models that it reads:\n depends_on: [ref('…')]";
      }
    }
  }
  return document.toString({ lineWidth: 0 }).trimEnd();
}

/** dbt allows letters, digits and underscores. */
function uniqueName(sync: string, taken: Set<string>): string {
  const base = `panelsync_${sync.replaceAll('-', '_')}`;
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
  taken.add(name);
  return name;
}

function describe({ mode, schedule, timezone, mapping }: SyncSettings): string {
  const fields = [...Object.keys(mapping.fields), ...Object.keys(mapping.characteristics)].join(', ');
  const when = schedule === null ? 'started by hand or by a pipeline' : `schedule \`${schedule}\` (${timezone})`;
  const text = `Keeps the panel in the User Interviews Research Hub in step with this model: mode ${mode}, ${when}. Sends ${fields}.`;
  // dbt renders descriptions as Jinja.
  return text.replaceAll(/[{}]/g, '');
}
