import { readFile } from 'node:fs/promises';
import { expect } from 'chai';

/** A dashboard of docs/grafana, as far as tests read it. */
export interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** PromQL, or SQL. */
  readonly targets?: readonly { readonly expr?: string; readonly rawSql?: string }[];
}

export async function readDashboard(name: string): Promise<Dashboard> {
  return JSON.parse(await readFile(`docs/grafana/${name}.json`, 'utf8'));
}

/** Every panel shows something, inside of the grid and over no other panel. */
export function expectPanelsApart({ panels }: Dashboard): void {
  const cells = new Set<string>();
  for (const { title, type, gridPos, targets = [] } of panels) {
    expect(targets.length > 0, title).to.equal(type !== 'row');
    for (let { x } = gridPos; x < gridPos.x + gridPos.w; x += 1) {
      for (let { y } = gridPos; y < gridPos.y + gridPos.h; y += 1) {
        expect(x, title).to.be.below(24);
        expect(cells.has(`${x} ${y}`), `${title} at ${x} ${y}`).to.equal(false);
        cells.add(`${x} ${y}`);
      }
    }
  }
}

/** A statement as Grafana sends it: variables and macros are replaced. */
export function expandSql(sql: string, variables: Readonly<Record<string, string>>): string {
  const named = sql.replaceAll(/\$\{(\w+)(?::sqlstring)?\}/g, (_, name: string) => variables[name] ?? '');
  return named.replaceAll(
    /\$__timeFilter\((\w+)\)/g,
    "$1 between now() - interval '30 days' and now() + interval '1 minute'",
  );
}
