import type { RunError } from '../../core/model/terms.ts';
import type { Progress, SyncDocument } from './documents.ts';

/** What the daemon reports by itself. */
export interface EventHandlers {
  readonly onOpen: () => void;
  readonly onSyncs: (syncs: readonly SyncDocument[]) => void;
  readonly onProgress: (progress: Progress) => void;
  /** The state of the syncs cannot be read, and why. */
  readonly onUnavailable: (problem: RunError) => void;
  /** The stream is gone, or could not be opened again; it is opened anew once this has resolved. */
  readonly onLost: () => Promise<void>;
}

const baseDelayMs = 500;
const maxDelayMs = 5000;

/** Listens to the daemon, and connects again until it is stopped. Returns what stops it. */
export function listenToEvents(handlers: EventHandlers): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let attempt = 0;
  let isStopped = false;
  const connect = (): void => {
    source = new EventSource('/api/events');
    source.addEventListener('open', () => {
      attempt = 0;
      handlers.onOpen();
    });
    source.addEventListener('syncs', (event) => handlers.onSyncs(parse(event)));
    source.addEventListener('progress', (event) => handlers.onProgress(parse(event)));
    source.addEventListener('unavailable', (event) => handlers.onUnavailable(parse(event)));
    source.addEventListener('error', () => void reconnect());
  };
  const reconnect = async (): Promise<void> => {
    source?.close();
    await handlers.onLost();
    if (isStopped) return;
    timer = window.setTimeout(connect, Math.min(maxDelayMs, baseDelayMs * 2 ** attempt));
    attempt += 1;
  };
  connect();
  return () => {
    isStopped = true;
    window.clearTimeout(timer);
    source?.close();
  };
}

// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
function parse<Document>({ data }: MessageEvent<string>): Document {
  const parsed: Document = JSON.parse(data);
  return parsed;
}
