import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createProject } from '../cli/project.ts';
import type { Project } from '../cli/project.ts';
import { neverSchedule, TestDaemons } from '../daemon/daemon.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { http, parseJson } from '../network/http-request.ts';
import { openPanel } from '../panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../panel/panel.ts';
import { waitUntil } from '../wait-until.ts';
import { launchChromium } from './chromium.ts';

export const operateToken = 'token-that-operates-in-tests';
export const readToken = 'token-that-only-reads-in-tests';

export interface PageOptions {
  /** The token to sign in with; `null` leaves that to the test. */
  readonly token?: string | null;
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A daemon with a panel of made-up people, and a browser that looks at its page. */
export class PageFixture {
  readonly panel: TestPanel;
  readonly project: Project;
  readonly daemons: TestDaemons;
  readonly #browser: Browser;
  #daemon: Daemon;
  #contexts: BrowserContext[] = [];
  /** What no page may do: errors on the console, and requests to other servers. */
  #offenses: string[] = [];

  constructor(services: {
    panel: TestPanel;
    project: Project;
    daemons: TestDaemons;
    daemon: Daemon;
    browser: Browser;
  }) {
    ({ panel: this.panel, project: this.project, daemons: this.daemons } = services);
    this.#daemon = services.daemon;
    this.#browser = services.browser;
  }

  get url(): string {
    return this.#daemon.url;
  }

  get daemon(): Daemon {
    return this.#daemon;
  }

  /** Opens an address in a window of its own, signed in. */
  async open(
    path: string,
    { token = operateToken, colorScheme = 'light', width = 1200 }: PageOptions = {},
  ): Promise<Page> {
    const context = await this.#browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    this.#contexts.push(context);
    if (token !== null) await this.signIn(context, token);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.#offenses.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#offenses.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.url)) this.#offenses.push(`request to ${request.url()}`);
    });
    await page.goto(this.url + path);
    return page;
  }

  async signIn(context: BrowserContext, token: string): Promise<void> {
    const answer = await context.request.post(`${this.url}/api/session`, { data: { token } });
    expect(answer.status()).to.equal(200);
  }

  /** Closes all windows; fails if one of them did what no page may do, but for what the test expects. */
  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    this.#contexts = [];
    const offenses = this.#offenses;
    this.#offenses = [];
    expect(offenses).to.deep.equal([]);
  }

  /** Browsers log each refused request; a test that provokes some says which. */
  expectErrors(pattern: RegExp): void {
    const [expected, others] = [
      this.#offenses.filter((one) => pattern.test(one)),
      this.#offenses.filter((one) => !pattern.test(one)),
    ];
    expect(expected).to.not.deep.equal([]);
    this.#offenses = others;
  }

  /** Starts a run as a program does, and waits for its end. */
  async run(sync = 'panel'): Promise<string> {
    const started = await this.api('POST', `/api/syncs/${sync}/runs`);
    const { runId } = parseJson<{ readonly runId: string }>(started);
    await this.ended(runId);
    return runId;
  }

  async ended(runId: string): Promise<void> {
    await waitUntil(async () => {
      const { status } = parseJson<{ readonly status: string }>(await this.api('GET', `/api/runs/${runId}`));
      return status !== 'running';
    });
  }

  api(method: 'GET' | 'POST', path: string, body: object | null = null) {
    const headers = {
      authorization: `Bearer ${operateToken}`,
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    };
    return http(this.url + path, { method, headers, body: body === null ? '' : JSON.stringify(body) });
  }

  /** Another process in the place of the daemon, at the same address. */
  async restartDaemon(betweenwhiles: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { port } = new URL(this.url);
    this.#daemon.signal('SIGTERM');
    await this.#daemon.ended;
    await betweenwhiles();
    this.#daemon = await this.daemons.start({ ...daemonEnv, PORT: port });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.daemons.killAll();
    await this.project.remove();
    await this.panel.close();
  }
}

const daemonEnv = { SCHEDULE: neverSchedule, BATCH_SIZE: '50' };

/** People whom the Hub refuses, and rows that panelsync refuses, are among them. */
export function madeUpPeople(count: number, city: string): readonly WarehouseRow[] {
  return Array.from({ length: count }, (_, at) => ({
    email: at % 60 === 7 ? `no-address-${at}` : `${at % 80 === 11 ? 'refused' : 'person'}-${at}@example.test`,
    first_name: `Name ${at}`,
    city,
    plan: at % 3 === 0 ? 'pro' : 'free',
  }));
}

export async function openPageFixture(): Promise<PageFixture> {
  const panel = await openPanel({
    pointerFormat: 'none',
    rejectedEmails: (email) => email.startsWith('refused-') && 'Email is not deliverable',
  });
  const project = await createProject(panel);
  const daemons = new TestDaemons(project);
  await daemons.configure((text) =>
    text
      .replace(
        'server: { port: ${PORT:-0} }',
        `server: { port: \${PORT:-0}, token: ${operateToken}, readToken: ${readToken} }`,
      )
      .replace('daemon: {', `${guardedSync}daemon: {`),
  );
  await panel.setPeople(madeUpPeople(240, 'Berlin'));
  const [daemon, browser] = await Promise.all([daemons.start(daemonEnv), launchChromium()]);
  return new PageFixture({ panel, project, daemons, daemon, browser });
}

/** Its guard stops it: the model has too few rows. */
const guardedSync = `  guarded:
    source: warehouse
    sql: select email, first_name, city from people where city = 'Berlin' and first_name = 'Name 5'
    guards: { minRows: 100 }
    mapping: { email: email, first_name: first_name, city: city }
`;
