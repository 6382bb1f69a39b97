import type { FieldChanges, SampleChange } from '../../core/model/terms.ts';

/** Changed fields, old and new. */
export function FieldDiff({ fields }: { readonly fields: FieldChanges }) {
  return (
    <dl class="diff">
      {Object.entries(fields).map(([name, [before, after]]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {before === null ? null : <del>{String(before)}</del>}
            {before === null || after === null ? null : <span aria-hidden="true"> → </span>}
            {after === null ? <span class="diff-none">cleared</span> : <ins>{String(after)}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Fields that the model has cleared and that are not sent. */
export function KeptFields({ kept }: { readonly kept: SampleChange['kept'] }) {
  if (kept === undefined || kept.length === 0) return null;
  return <p class="field-note">Cleared in the model, not sent, so the Hub keeps its value: {kept.join(', ')}</p>;
}
