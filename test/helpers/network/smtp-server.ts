import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { selfSigned } from './self-signed.ts';

/** One message as the server took it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body. */
  readonly data: string;
  /** The user, if somebody has logged in. */
  readonly user: string | null;
  readonly encrypted: boolean;
}

export interface SmtpOptions {
  /** `starttls` after the greeting, `implicit` from the start, `none` at all. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** Who may log in; the others are refused. Without it, nobody has to. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Answers to commands that are refused, by their first word. */
  readonly refuse?: Readonly<Record<string, string>>;
}

/** Enough of a mail server (RFC 5321, STARTTLS, AUTH PLAIN) for one client after the other. */
export class SmtpServer {
  readonly received: ReceivedMail[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  constructor(options: SmtpOptions) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
      const { received } = this;
      if (options.tls === 'implicit')
        new SmtpSession(this.#encrypt(socket), { options, received, encrypt: null }).start();
      else new SmtpSession(socket, { options, received, encrypt: () => this.#encrypt(socket) }).start();
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #encrypt(socket: Socket): TLSSocket {
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(selfSigned) });
    secure.on('error', () => undefined);
    return secure;
  }
}

interface SessionContext {
  readonly options: SmtpOptions;
  readonly received: ReceivedMail[];
  /** `null`: the connection is encrypted already. */
  readonly encrypt: (() => TLSSocket) | null;
}

class SmtpSession {
  #socket: Socket;
  readonly #context: SessionContext;
  #encrypted: boolean;
  #pending = '';
  #user: string | null = null;
  #from = '';
  #to: string[] = [];
  /** Set while a message is on its way. */
  #data: string | null = null;

  constructor(socket: Socket, context: SessionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#encrypted = context.encrypt === null;
  }

  start(): void {
    this.#listen();
    this.#answer('220 mail.example.test ESMTP');
  }

  #listen(): void {
    this.#socket.setEncoding('latin1').on('data', (text: string) => {
      this.#pending += text;
      for (let end = this.#pending.indexOf('\r\n'); end >= 0; end = this.#pending.indexOf('\r\n')) {
        const line = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + 2);
        if (this.#data === null) this.#command(line);
        else this.#dataLine(line);
      }
    });
  }

  #answer(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  #command(line: string): void {
    const word = (line.split(/[ :]/)[0] ?? '').toUpperCase();
    const refusal = this.#context.options.refuse?.[word];
    if (refusal !== undefined) this.#answer(refusal);
    else this.#accept(word, line);
  }

  #accept(word: string, line: string): void {
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    switch (word) {
      case 'EHLO': {
        const offersTls = this.#context.options.tls === 'starttls' && !this.#encrypted;
        const offers = [
          ...(offersTls ? ['STARTTLS'] : []),
          ...(this.#context.options.login ? ['AUTH PLAIN'] : []),
          '8BITMIME',
        ];
        return this.#answer(
          ['mail.example.test', ...offers]
            .map((text, at) => `250${at === offers.length ? ' ' : '-'}${text}`)
            .join('\r\n'),
        );
      }
      case 'STARTTLS':
        return this.#startTls();
      case 'AUTH':
        return this.#logIn(line.split(' ')[2] ?? '');
      case 'MAIL':
        if (this.#context.options.login !== undefined && this.#user === null) return this.#answer('530 Log in first');
        this.#from = address;
        return this.#answer('250 OK');
      case 'RCPT':
        this.#to.push(address);
        return this.#answer('250 OK');
      case 'DATA':
        this.#data = '';
        return this.#answer('354 Go on');
      case 'QUIT':
        this.#answer('221 Bye');
        return void this.#socket.end();
      default:
        return this.#answer('500 What?');
    }
  }

  #startTls(): void {
    const { encrypt } = this.#context;
    if (encrypt === null) return this.#answer('454 Not now');
    this.#answer('220 Go on');
    this.#socket.removeAllListeners('data');
    this.#socket = encrypt();
    this.#encrypted = true;
    this.#listen();
  }

  #logIn(response: string): void {
    const [, user = '', password = ''] = Buffer.from(response, 'base64').toString().split('\0');
    const { login } = this.#context.options;
    if (user !== login?.user || password !== login.password) return this.#answer(`535 ${user} is not welcome`);
    this.#user = user;
    this.#answer('235 Welcome');
  }

  #dataLine(line: string): void {
    if (line !== '.') {
      this.#data += `${line.startsWith('.') ? line.slice(1) : line}\n`;
      return;
    }
    const mail = {
      from: this.#from,
      to: this.#to,
      data: this.#data ?? '',
      user: this.#user,
      encrypted: this.#encrypted,
    };
    this.#context.received.push(mail);
    this.#to = [];
    this.#data = null;
    this.#answer('250 Accepted');
  }
}
