import { z } from 'zod';
import { headerPattern, isPlainUrl, isHttpUrl, isSafeUrl } from './rules.ts';
import { secretText } from './secrets.ts';
import { bareText, milliseconds, nonEmptyText, section, wholeNumber } from './schema-parts.ts';

// Seconds become milliseconds of a timer, which counts in 31 bits.
const maxTimerSeconds = 2_147_483;

const baseUrl = z
  .string()
  .refine(isHttpUrl, { error: 'must be a URL that starts with https:// (or http:// on this machine)' })
  .refine(isPlainUrl, { error: 'must not contain a user, password, query or fragment' })
  .refine(isSafeUrl, {
    error: 'must be https: plain http would send the key unencrypted',
    params: { hint: 'Plain http is accepted for 127.0.0.0/8, ::1 and localhost only.' },
  })
  .default('https://www.userinterviews.com/api')
  .describe("Address of the Research Hub's API");

const wire = section({
  auth: z
    .enum(['apikey-header', 'bearer'])
    .default('apikey-header')
    .describe('How the key is sent: in the header user-interviews-apikey, or as Authorization: Bearer'),
  envelope: z
    .enum(['participants', 'jsonapi', 'array'])
    .default('participants')
    .describe('The JSON document around the participants of a batch'),
  fieldCase: z.enum(['snake', 'camel']).default('snake').describe('Case of field names: first_name or firstName'),
  characteristics: z
    .enum(['nested', 'flat', 'list'])
    .default('nested')
    .describe('Where characteristics go: an object by slug, beside the fields, or a list of slugs and values'),
})
  .prefault({})
  .describe('How a participant becomes JSON; change it only if the Hub requires it');

export const destinationSchema = section({
  apiKey: secretText(
    bareText()
      .regex(headerPattern, { error: 'must be printable ASCII without spaces or line breaks, and must not be empty' })
      .describe("Key of the Research Hub's API: Account Settings, API Keys"),
  ),
  environment: z
    .enum(['production', 'sandbox'])
    .default('production')
    .describe('Which Research Hub; the address of the sandbox is not public: set it as baseUrl'),
  baseUrl,
  batchSize: wholeNumber(1, 100).default(100).describe('Participants per request'),
  requestsPerMinute: wholeNumber(1)
    .default(60)
    .describe('Rate limit of all syncs and processes that share the key and the state database'),
  concurrency: wholeNumber(1, 16).default(1).describe('Requests in flight at the same time'),
  timeoutMs: milliseconds('Timeout of one request', 30_000),
  maxAttempts: wholeNumber(1, 20).default(6).describe('Attempts per request after 429, 5xx and connection errors'),
  retryAfterCapSeconds: wholeNumber(1, maxTimerSeconds).default(300).describe('Longest Retry-After that is obeyed'),
  maxSplitRequests: wholeNumber(0)
    .default(1000)
    .describe('Requests per run for splitting refused batches to find bad rows'),
  checkCharacteristics: z
    .enum(['stop', 'warn', 'off'])
    .default('stop')
    .describe("What happens when mapped characteristics do not match the Hub's definitions; off asks for none"),
  wire,
  tls: section({
    ca: nonEmptyText(
      "File with the CA certificates that may sign the Hub's, PEM; absent: those that Node trusts",
    ).optional(),
  })
    .optional()
    .describe('TLS of the connection'),
}).describe('The Research Hub that receives the participants');
