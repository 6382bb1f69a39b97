import type { InvalidRule, WriteRule } from './model/rules/rules.ts';
import type { AlertKind } from './ports/alert-store.ts';
import type { CharacteristicType, FieldName, Mode, Model, Payload } from './model/terms.ts';

/** A characteristic: the column it comes from and its type; without a type the column's own decides. */
export interface MappedCharacteristic {
  readonly column: string;
  readonly type: CharacteristicType | null;
}

/** When a field is written, and what becomes of an invalid value. */
export interface FieldRule {
  readonly write: WriteRule;
  readonly onInvalid: InvalidRule;
}

/** Participant field ► column of the model. */
export interface Mapping {
  readonly fields: Readonly<Partial<Record<FieldName, string>>>;
  readonly characteristics: Readonly<Record<string, MappedCharacteristic>>;
  /** By flat name (`city`, `characteristics.plan`); all others are always written, and reject. */
  readonly rules?: Readonly<Record<string, FieldRule>>;
}

export interface PhoneSettings {
  /** ISO 3166-1 alpha-2, upper case; `null`: only numbers that carry their country code parse. */
  readonly defaultCountry: string | null;
  /** Column with the country of each row, which comes before `defaultCountry`. */
  readonly countryColumn?: string;
  /** What happens to a number that does not parse. */
  readonly invalid: 'keep' | 'omit' | 'reject';
}

export interface Guards {
  readonly minRows: number;
  readonly maxRemovedPercent: number;
  readonly maxInvalidPercent: number;
}

/** Shares of the rows of a run that may be invalid or rejected, in per cent. */
export interface Tolerance {
  readonly invalidPercent: number;
  readonly rejectedPercent: number;
}

/** What is sent to the Hub of people who left the model: `set` once, and `restore` when they are back. */
export interface MarkSettings {
  readonly action: 'mark';
  readonly set: Payload;
  readonly restore: Payload;
}

export interface SyncSettings {
  readonly name: string;
  /** Name of a source. */
  readonly source: string;
  readonly model: Model;
  readonly mode: Mode;
  /** A cron expression; `null`: runs only on request. */
  readonly schedule: string | null;
  readonly timezone: string;
  /** A scheduled run starts up to this much after its scheduled time. */
  readonly jitterSeconds: number;
  /** One run catches up on missed scheduled times. */
  readonly catchUp: boolean;
  readonly mapping: Mapping;
  /** Insert mode only: a column that identifies the row instead of the e-mail. */
  readonly key: string | null;
  /** Column with what stays with a person when their e-mail changes. */
  readonly identity: string | null;
  /** A column with the time of each row, and how old the newest may be; `null`: nobody watches. */
  readonly freshness: { readonly column: string; readonly maxAgeMs: number } | null;
  readonly phone: PhoneSettings;
  readonly duplicates: 'first' | 'reject';
  /** Whether every row is compared with the snapshot, or only those of changed buckets; and who finds these buckets. */
  readonly diff: 'rows' | 'fingerprints' | 'warehouse';
  readonly nulls: 'omit' | 'null';
  readonly guards: Guards;
  readonly tolerate: Tolerance;
  /** What happens to people who left the model. */
  readonly removed: { readonly action: 'report' } | MarkSettings;
}

/** How a participant becomes JSON: the assumptions about the Hub in one place. */
export interface WireSettings {
  readonly auth: 'apikey-header' | 'bearer';
  readonly envelope: 'participants' | 'jsonapi' | 'array';
  readonly fieldCase: 'snake' | 'camel';
  /** An object under `characteristics`; beside the fields; or a list of slugs and values under `characteristics`. */
  readonly characteristics: 'nested' | 'flat' | 'list';
}

export interface DestinationSettings {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly batchSize: number;
  readonly requestsPerMinute: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly retryAfterCapSeconds: number;
  /** Requests per run for splitting refused batches to find bad rows. */
  readonly maxSplitRequests: number;
  /** PEM text of the authorities that may sign the Hub's certificate; `null`: those that Node trusts. */
  readonly tls: { readonly ca: string | null };
  /** What happens when the characteristics of a mapping do not match those that the Hub defines. */
  readonly checkCharacteristics: 'stop' | 'warn' | 'off';
  readonly wire: WireSettings;
}

/** How a TLS connection to Postgres is verified, in libpq's terms. */
export interface TlsSettings {
  readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** PEM text. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** A warehouse that speaks Postgres' protocol. */
export interface PostgresConnectionSettings {
  readonly name: string;
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** `null`: as the url says. */
  readonly tls: TlsSettings | null;
}

export interface PostgresSourceSettings extends PostgresConnectionSettings {
  readonly type: 'postgres';
}

export interface RedshiftSourceSettings extends PostgresConnectionSettings {
  readonly type: 'redshift';
}

/** How a Snowflake session authenticates. */
export type SnowflakeCredentials =
  | { readonly by: 'key'; /** PEM text, PKCS#8 or PKCS#1. */ readonly key: string; readonly passphrase: string | null }
  | { readonly by: 'password'; readonly password: string }
  /** An OAuth access token, or a programmatic access token. */
  | { readonly by: 'oauth' | 'pat'; readonly token: string };

/** `null`: Snowflake's default for the user. */
export interface SnowflakeSourceSettings {
  readonly name: string;
  readonly type: 'snowflake';
  readonly account: string;
  readonly username: string | null;
  readonly login: SnowflakeCredentials;
  readonly warehouse: string | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly role: string | null;
  /** Used instead of the account's own address. */
  readonly accessUrl: string | null;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

export interface DuckDbSourceSettings {
  readonly name: string;
  readonly type: 'duckdb';
  /** Absolute path of the folder that relative paths in models start at: that of the configuration file. */
  readonly directory: string;
  /** Absolute path of a database file; `null`: models read other files. */
  readonly database: string | null;
  /** As DuckDB reads it, such as 1GB. */
  readonly memoryLimit: string;
  readonly threads: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

export type SourceSettings =
  PostgresSourceSettings | RedshiftSourceSettings | SnowflakeSourceSettings | DuckDbSourceSettings;

export interface StateSettings {
  /** `null`: embedded Postgres in `directory`. */
  readonly url: string | null;
  readonly schema: string;
  /** Absolute path of the folder `.panelsync`. */
  readonly directory: string;
  /** Whether sent values are stored, or only keyed hashes of them. */
  readonly payload: 'full' | 'hashed';
  /** The secret for hashing people. */
  readonly hashKey: string | null;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Operates and reads. */
  readonly token: string | null;
  /** Only reads. */
  readonly readToken: string | null;
  /** Where people reach the page, for links in messages; `null`: messages have none. */
  readonly publicUrl: string | null;
}

export interface DaemonSettings {
  /** How long batches in flight may take after a shutdown began. */
  readonly shutdownTimeoutMs: number;
}

export const alertFormats = ['json', 'slack', 'pagerduty', 'email'] as const;

/** Where a message goes, and in which form. The address is a secret: whoever knows it can post or log in. */
export type AlertTarget =
  | { readonly format: 'json' | 'slack'; readonly url: string }
  | { readonly format: 'pagerduty'; readonly url: string; readonly routingKey: string }
  | { readonly format: 'email'; readonly url: string; readonly from: string; readonly to: readonly string[] };

/** What is reported to a target, which receives a message when the state of a sync changes. */
export interface AlertRules {
  readonly name: string;
  readonly on: readonly AlertKind[];
  /** A partial run is reported if a larger share of its rows did not arrive. */
  readonly partialPercent: number;
  /** Scheduled times without a success after which a sync is overdue. */
  readonly overdueIntervals: number;
  /** Names of syncs; `null`: all. */
  readonly syncs: readonly string[] | null;
}

export type AlertSettings = AlertRules & AlertTarget;

export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'json' | 'pretty';
}

export interface RetentionSettings {
  readonly runsDays: number;
  readonly skipsDays: number;
}

/** A sync as pages may show it. */
export interface ShownSync {
  /** YAML: its settings, those of its source and of the destination, with secrets masked. */
  readonly configuration: string;
  /** `null`: the SQL is in the configuration. */
  readonly modelFile: string | null;
}

/** The whole configuration, parsed and frozen. */
export interface Config {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly state: StateSettings;
  readonly destination: DestinationSettings;
  readonly sources: Readonly<Record<string, SourceSettings>>;
  readonly syncs: Readonly<Record<string, SyncSettings>>;
  /** By sync. */
  readonly shown: Readonly<Record<string, ShownSync>>;
  readonly daemon: DaemonSettings;
  readonly server: ServerSettings;
  readonly alerts: Readonly<Record<string, AlertSettings>>;
  readonly log: LogSettings;
  readonly retention: RetentionSettings;
}
