import { z } from 'zod';
import { headerPattern, isPlainUrl, isHttpUrl, isSafeUrl } from './rules.ts';
import { bareText, milliseconds, section, wholeNumber } from './schema-parts.ts';

// Seconds become milliseconds of a timer, which counts in 31 bits.
const maxTimerSeconds = 2_147_483;

const baseUrl = z
  .string()
  .refine(isHttpUrl, { error: 'must be a URL that starts with https:// (or http:// on this machine)' })
  .refine(isPlainUrl, { error: 'must hold no user, password, query or fragment' })
  .refine(isSafeUrl, {
    error: 'must be https: over plain http the key would travel in clear',
    params: { hint: 'Plain http is accepted for 127.0.0.0/8, ::1 and localhost only.' },
  })
  .default('https://www.userinterviews.com/api')
  .describe("Address of the Research Hub's API");

const wire = section({
  auth: z
    .enum(['apikey-header', 'bearer'])
    .default('apikey-header')
    .describe('How the key travels: in the header user-interviews-apikey, or as Authorization: Bearer'),
  envelope: z
    .enum(['participants', 'jsonapi'])
    .default('participants')
    .describe('What surrounds the participants of a batch'),
  fieldCase: z.enum(['snake', 'camel']).default('snake').describe('first_name or firstName'),
})
  .prefault({})
  .describe('How a participant becomes JSON; change it only when the Hub asks for it');

export const destinationSchema = section({
  apiKey: bareText()
    .regex(headerPattern, { error: 'must be printable ASCII without spaces or line breaks, and not empty' })
    .describe("Key of the Research Hub's API: Account Settings, API Keys"),
  environment: z
    .enum(['production', 'sandbox'])
    .default('production')
    .describe("Which Research Hub; the sandbox's address is not public and goes into baseUrl"),
  baseUrl,
  batchSize: wholeNumber(1, 100).default(100).describe('Participants a request'),
  requestsPerMinute: wholeNumber(1).default(60).describe('The pace that is never passed'),
  concurrency: wholeNumber(1, 16).default(1).describe('Requests under way at the same time'),
  timeoutMs: milliseconds('How long a request may take', 30_000),
  maxAttempts: wholeNumber(1, 20).default(6).describe('Attempts of one request after 429, 5xx and connection faults'),
  retryAfterCapSeconds: wholeNumber(1, maxTimerSeconds)
    .default(300)
    .describe('The longest wait that the Hub may ask for'),
  maxSplitRequests: wholeNumber(0)
    .default(1000)
    .describe('Requests that a run may spend on finding bad rows in refused batches'),
  wire,
}).describe('The Research Hub that participants are sent to');
