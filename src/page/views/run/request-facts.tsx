import { formatNumber } from '../../../lib/format.ts';
import type { RunReport } from '../../../core/model/terms.ts';
import { Facts } from '../../parts/facts.tsx';

/** The requests to the Hub. */
export function RequestFacts({ run: { requests } }: { readonly run: RunReport }) {
  return (
    <section class="card" aria-label="Requests">
      <h2>Requests to the Hub</h2>
      <Facts
        facts={[
          ['Sent', formatNumber(requests.sent)],
          ['Retried', formatNumber(requests.retried)],
          ['Rate limited', formatNumber(requests.rateLimited)],
          ['Batches split', formatNumber(requests.split)],
        ]}
      />
    </section>
  );
}
