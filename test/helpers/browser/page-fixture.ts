import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { CliEnvironment } from '../cli/cli.ts';
import { createProject } from '../cli/project.ts';
import type { Project } from '../cli/project.ts';
import { neverSchedule, TestDaemons } from '../daemon/daemon.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { startFaultProxy } from '../network/fault-proxy.ts';
import type { FaultProxy } from '../network/fault-proxy.ts';
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
  /** Of another daemon than the usual one. */
  readonly url?: string;
}

interface FixtureServices {
  readonly panel: TestPanel;
  readonly project: Project;
  readonly proxy: FaultProxy;
  readonly daemons: TestDaemons;
  readonly browser: Browser;
}

/** A daemon with a panel of made-up people, and a browser that looks at its page. */
export class PageFixture {
  readonly panel: TestPanel;
  readonly project: Project;
  /** Between the daemon and its state database. */
  readonly proxy: FaultProxy;
  readonly #services: FixtureServices;
  #daemon: Daemon;
  #otherDaemon: Daemon | null = null;
  #contexts: BrowserContext[] = [];
  /** What no page may do: errors on the console, and requests to other servers. */
  /** What the case that runs may bring about, whenever it does. */
  #allowed: RegExp[] = [];
  #offenses: string[] = [];

  constructor(services: FixtureServices, daemon: Daemon) {
    this.#services = services;
    ({ panel: this.panel, project: this.project, proxy: this.proxy } = services);
    this.#daemon = daemon;
  }

  get url(): string {
    return this.#daemon.url;
  }

  get daemon(): Daemon {
    return this.#daemon;
  }

  /** Opens an address in a window of its own, signed in. */
  async open(path: string, options: PageOptions = {}): Promise<Page> {
    const { token = operateToken, colorScheme = 'light', width = 1200, url = this.url } = options;
    const context = await this.#services.browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    // A busy machine takes as long as it takes; Mocha ends what does not happen at all.
    context.setDefaultTimeout(300_000);
    this.#contexts.push(context);
    if (token !== null) await this.signIn(context, token);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.#offenses.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#offenses.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.#offenses.push(`request to ${request.url()}`);
    });
    await page.goto(url + path);
    return page;
  }

  /** The same of another daemon on the same state, which has no tokens. */
  async openWithoutTokens(path: string): Promise<Page> {
    this.#otherDaemon = await startDaemon(this.#services, { OPERATE_TOKEN: '', READ_TOKEN: '' });
    return this.open(path, { token: null, url: this.#otherDaemon.url });
  }

  async signIn(context: BrowserContext, token: string): Promise<void> {
    const answer = await context.request.post(`${this.url}/api/session`, { data: { token } });
    expect(answer.status()).to.equal(200);
  }

  /** Closes all windows; fails if one of them did what no page may do, but for what the test expects. */
  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    this.#contexts = [];
    this.#otherDaemon?.signal('SIGKILL');
    this.#otherDaemon = null;
    const offenses = this.#offenses.filter((offense) => !this.#allowed.some((pattern) => pattern.test(offense)));
    this.#offenses = [];
    this.#allowed = [];
    expect(offenses).to.deep.equal([]);
  }

  /** What the open windows show, for whoever reads why a test failed. */
  async describePages(): Promise<string> {
    const pages = this.#contexts.flatMap((context) => context.pages());
    const texts = pages.map(async (page) => `${page.url()}\n${await page.locator('body').innerText()}`);
    return (await Promise.all(texts)).join('\n\n');
  }

  /** Browsers log each refused request; a test that provokes some says which. */
  allowErrors(pattern: RegExp): void {
    this.#allowed.push(pattern);
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
    this.#daemon = await startDaemon(this.#services, { PORT: port });
  }

  async close(): Promise<void> {
    await this.#services.browser.close();
    await this.#services.daemons.killAll();
    await this.proxy.close();
    await this.project.remove();
    await this.panel.close();
  }
}

const startTokens = { OPERATE_TOKEN: operateToken, READ_TOKEN: readToken };

function startDaemon({ daemons, panel, proxy }: Omit<FixtureServices, 'browser'>, env: CliEnvironment['env'] = {}) {
  const stateUrl = new URL(panel.url);
  stateUrl.host = `${proxy.host}:${proxy.port}`;
  return daemons.start({
    DATABASE_URL: stateUrl.href,
    ...startTokens,
    SCHEDULE: neverSchedule,
    BATCH_SIZE: '50',
    ...env,
  });
}

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
        `server: { port: \${PORT:-0}, token: \${OPERATE_TOKEN:-}, readToken: \${READ_TOKEN:-} }`,
      )
      .replace('    schedule:', '    freshness: { column: updated_at, maxAge: 26h }\n    schedule:')
      .replace('daemon: {', `${guardedSync}daemon: {`),
  );
  await project.write('config/models/people.sql', "select *, now() - interval '3 hours' as updated_at from people");
  await panel.setPeople(madeUpPeople(240, 'Berlin'));
  const { hostname, port } = new URL(panel.url);
  const proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
  const services = { panel, project, proxy, daemons };
  const [daemon, browser] = await Promise.all([startDaemon(services), launchChromium()]);
  return new PageFixture({ ...services, browser }, daemon);
}

/** Its guard stops it: the model has too few rows. */
const guardedSync = `  guarded:
    source: warehouse
    sql: select email, first_name, city from people where city = 'Berlin' and first_name = 'Name 5'
    guards: { minRows: 100 }
    mapping: { email: email, first_name: first_name, city: city }
`;
