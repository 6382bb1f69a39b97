import type { Health, Progress, SyncDocument } from './documents.ts';

/** What the daemon reports by itself. */
export interface EventHandlers {
  readonly onOpen: () => void;
  readonly onSyncs: (syncs: readonly SyncDocument[]) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly onHealth: (health: Health) => void;
  /** The stream is gone, or could not be opened again. */
  readonly onLost: () => void;
}

const baseDelayMs = 500;
const maxDelayMs = 5000;

/** Listens to the daemon, and connects again until it is stopped. Returns what stops it. */
export function listenToEvents(handlers: EventHandlers): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let attempt = 0;
  const connect = (): void => {
    source = new EventSource('/api/events');
    source.addEventListener('open', () => {
      attempt = 0;
      handlers.onOpen();
    });
    source.addEventListener('syncs', (event) => handlers.onSyncs(parse(event)));
    source.addEventListener('progress', (event) => handlers.onProgress(parse(event)));
    source.addEventListener('health', (event) => handlers.onHealth(parse(event)));
    source.addEventListener('error', () => {
      source?.close();
      attempt += 1;
      timer = window.setTimeout(connect, Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)));
      handlers.onLost();
    });
  };
  connect();
  return () => {
    window.clearTimeout(timer);
    source?.close();
  };
}

// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
function parse<Document>({ data }: MessageEvent<string>): Document {
  const parsed: Document = JSON.parse(data);
  return parsed;
}
