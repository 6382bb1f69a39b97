import type { RunStep } from '../../api/documents.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useResource } from '../../hooks/use-resource.ts';
import { ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { describeStep } from '../../parts/reason-words.ts';
import { formatElapsed } from '../../parts/relative-time.ts';

const length = 1000;
const minWidth = 8;

/** The steps of a run on one line of time. */
export function Steps({ path, version }: { readonly path: string; readonly version: string }) {
  const { data, error } = useResource<readonly RunStep[]>(`${path}/steps`, version);
  return (
    <section class="card" aria-label="Steps">
      <h2>Steps</h2>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === null && error === null ? <Skeleton lines={4} label="Reading the steps" /> : null}
      {data === null ? null : <StepTable steps={data} />}
    </section>
  );
}

function StepTable({ steps }: { readonly steps: readonly RunStep[] }) {
  const now = useNow();
  if (steps.length === 0) return <p class="field-note">No steps are recorded.</p>;
  const endOf = ({ finishedAt }: RunStep): number => (finishedAt === null ? now : Date.parse(finishedAt));
  const first = Math.min(...steps.map(({ startedAt }) => Date.parse(startedAt)));
  const span = Math.max(1, Math.max(...steps.map(endOf)) - first);
  return (
    <table class="steps">
      <caption class="hidden">Steps of the run</caption>
      <tbody>
        {steps.map((step) => {
          const started = Date.parse(step.startedAt);
          const width = Math.max(minWidth, (length * (endOf(step) - started)) / span);
          const x = Math.min(length - width, (length * (started - first)) / span);
          return (
            <tr key={step.step}>
              <th scope="row">{describeStep(step.step)}</th>
              <td class="step-bar">
                <svg viewBox={`0 0 ${length} 10`} preserveAspectRatio="none" aria-hidden="true">
                  <rect class="fill-track" width={length} height="10" />
                  <rect
                    class={step.finishedAt === null ? 'fill-active' : 'fill-accent'}
                    x={x}
                    width={width}
                    height="10"
                  />
                </svg>
              </td>
              <td class="number cell-number">{formatElapsed(endOf(step) - started)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
