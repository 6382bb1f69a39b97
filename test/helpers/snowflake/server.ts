import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SnowflakeSession } from './session.ts';
import type { QueryRequest } from './session.ts';

/** Who may log in, and how the server behaves. */
export interface SnowflakeOptions {
  /** The Postgres that runs the SQL. */
  readonly url: string;
  readonly account: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the public key. */
  readonly publicKey?: string;
  readonly token?: string;
  readonly roles: readonly string[];
  readonly warehouses: readonly string[];
  readonly chunkRows?: number;
  /** ROWS_PER_RESULTSET of the account; none unless given. */
  readonly rowLimit?: { readonly rows: number; readonly fixed: boolean };
  /** How long a query is waited for before the client is told to ask again. */
  readonly pollTimeoutMs?: number;
}

export interface SnowflakeServer {
  readonly url: string;
  /** Requests so far, as method and path without what differs each time. */
  readonly requests: readonly string[];
  /** Everything that clients wrote, for looking for secrets. */
  readonly requestBodies: readonly string[];
  activity(tag: string): 'nothing' | 'waits for us' | 'works';
  /** Session tokens are refused from now on until they are renewed. */
  expireTokens(): void;
  /** How many tokens were renewed. */
  readonly renewedTokens: number;
  /** Accepts connections and says nothing any more. */
  stopResponding(): void;
  close(): Promise<void>;
}

interface Body {
  readonly data?: Readonly<Record<string, unknown>>;
}

class Server implements SnowflakeServer {
  readonly requests: string[] = [];
  readonly requestBodies: string[] = [];
  readonly #options: SnowflakeOptions;
  readonly #sessions = new Set<SnowflakeSession>();
  readonly #expired = new Set<string>();
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  #silent = false;
  renewedTokens = 0;
  url = '';

  constructor(options: SnowflakeOptions) {
    this.#options = options;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return this;
  }

  activity(tag: string): 'nothing' | 'waits for us' | 'works' {
    const sessions = [...this.#sessions].filter(({ info: facts }) => facts.tag === tag);
    if (sessions.length === 0) return 'nothing';
    return sessions.some(({ running }) => running > 0) ? 'works' : 'waits for us';
  }

  expireTokens(): void {
    for (const { token } of this.#sessions) this.#expired.add(token);
  }

  stopResponding(): void {
    this.#silent = true;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname.replace(/[0-9a-f-]{36}/g, '*')}`);
    if (this.#silent) return;
    const text = await readBody(request);
    this.requestBodies.push(text);
    const chunk = /^\/chunks\/([^/]+)\/([^/]+)\/(\d+)$/.exec(url.pathname);
    if (chunk !== null) return this.#chunk(chunk, response);
    const body = (text === '' ? {} : JSON.parse(text)) as Body & QueryRequest;
    const { status, answer } = await this.#answer(url, request, body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  async #answer(
    url: URL,
    request: IncomingMessage,
    body: Body & QueryRequest,
  ): Promise<{ status: number; answer: unknown }> {
    if (url.pathname === '/session/v1/login-request') return this.#login(url, body.data ?? {});
    const token = /Token="([^"]*)"/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const session = [...this.#sessions].find((one) => one.token === token || one.masterToken === token);
    if (session === undefined)
      return ok({ success: false, code: '390111', message: 'Session no longer exists.', data: null });
    if (url.pathname === '/session/token-request') return ok(this.#renew(session));
    if (this.#expired.has(token))
      return ok({ success: false, code: '390112', message: 'Your session has expired.', data: null });
    return ok(await this.#inSession(session, url, body));
  }

  async #inSession(session: SnowflakeSession, url: URL, body: QueryRequest): Promise<unknown> {
    if (url.pathname === '/queries/v1/query-request') return this.#wait(session, session.start(body, this.url));
    const result = /^\/queries\/([^/]+)\/result$/.exec(url.pathname)?.[1];
    if (result !== undefined) return this.#wait(session, result);
    if (url.pathname.endsWith('/abort-request')) await session.abort();
    if (url.pathname === '/session') {
      this.#sessions.delete(session);
      await session.close();
    }
    return { success: true, data: null };
  }

  async #wait(session: SnowflakeSession, id: string): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), this.#options.pollTimeoutMs ?? 100);
    });
    const answer = await Promise.race([session.result(id), timeout]);
    clearTimeout(timer);
    const data = { queryId: id, getResultUrl: `/queries/${id}/result` };
    return answer ?? { success: true, code: '333333', message: 'Query execution in progress.', data };
  }

  async #login(url: URL, data: Readonly<Record<string, unknown>>): Promise<{ status: number; answer: unknown }> {
    const { account, roles, warehouses, user } = this.#options;
    if (data['ACCOUNT_NAME'] !== account) return { status: 403, answer: {} };
    const loginError = this.#loginError(data);
    if (loginError !== null)
      return ok({ success: false, code: loginError, message: 'The login was refused.', data: {} });
    const queryParameter = (name: string): string | null => url.searchParams.get(name);
    const role = queryParameter('roleName') ?? roles[0] ?? '';
    if (!roles.includes(role)) {
      const message = `Role '${role}' specified in the connect string is not granted to this user.`;
      return ok({ success: false, code: '390189', message, data: {} });
    }
    const warehouse = warehouses.find((name) => name === (queryParameter('warehouse') ?? warehouses[0])) ?? null;
    const parameters = data['SESSION_PARAMETERS'] as Readonly<Record<string, string>> | undefined;
    const tag = parameters?.['QUERY_TAG'] ?? '';
    const { chunkRows = 5000, rowLimit = { rows: 0, fixed: false } } = this.#options;
    const session = new SnowflakeSession(this.#options.url, {
      tag,
      user,
      role,
      warehouse,
      database: queryParameter('databaseName'),
      chunkRows,
      rowLimit,
    });
    await session.open();
    this.#sessions.add(session);
    return ok({
      success: true,
      data: { ...tokens(session), sessionId: 1, parameters: [{ name: 'CLIENT_SESSION_KEEP_ALIVE', value: true }] },
    });
  }

  /** The code of the refusal. */
  #loginError(data: Readonly<Record<string, unknown>>): string | null {
    const { user, password, publicKey, token } = this.#options;
    switch (data['AUTHENTICATOR']) {
      case 'SNOWFLAKE_JWT':
        return publicKey !== undefined && isSigned(String(data['TOKEN']), publicKey) ? null : '390144';
      case 'OAUTH':
        return data['TOKEN'] === token ? null : '390303';
      case 'PROGRAMMATIC_ACCESS_TOKEN':
        return data['TOKEN'] === token ? null : '394400';
      default:
        return data['LOGIN_NAME'] === user && data['PASSWORD'] === password ? null : '390100';
    }
  }

  #renew(session: SnowflakeSession): unknown {
    this.renewedTokens += 1;
    session.token = `session-${randomUUID()}`;
    const { token: sessionToken, masterToken } = tokens(session);
    return {
      success: true,
      data: { sessionToken, masterToken, validityInSecondsST: 3600, validityInSecondsMT: 14_400 },
    };
  }

  async #chunk([, master, id = '', number]: RegExpExecArray, response: ServerResponse): Promise<void> {
    const session = [...this.#sessions].find(({ masterToken }) => masterToken === master);
    if (session === undefined) return void response.writeHead(403).end();
    const { text, fault: chunkFault } = await session.chunk(id, Number(number));
    const bytes = gzipSync(text, { level: 1 });
    if (chunkFault === 'stall') return;
    if (chunkFault === 'fail-once') return void response.writeHead(503).end('busy');
    if (chunkFault === 'gone') return void response.writeHead(404).end('gone');
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bytes.length });
    if (chunkFault === null || chunkFault === 'short') return void response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  }
}

function tokens({ token, masterToken }: SnowflakeSession) {
  return { token, masterToken, validityInSeconds: 3600, masterValidityInSeconds: 14_400 };
}

function ok(answer: unknown): { status: number; answer: unknown } {
  return { status: 200, answer };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts);
  return (request.headers['content-encoding'] === 'gzip' && body.length > 0 ? gunzipSync(body) : body).toString('utf8');
}

function isSigned(jwt: string, publicKey: string): boolean {
  const [head = '', payload = '', signature = ''] = jwt.split('.');
  const key = createPublicKey(publicKey);
  return verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

/** A server that speaks Snowflake's protocol to the real driver and runs its SQL on Postgres. */
export function startSnowflakeServer(options: SnowflakeOptions): Promise<SnowflakeServer> {
  return new Server(options).listen();
}
