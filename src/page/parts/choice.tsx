interface ChoiceProps {
  readonly label: string;
  /** Values with their words; the empty value stands for no choice. */
  readonly options: readonly (readonly [string, string])[];
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

/** One of a few, with its name read out by screen readers. */
export function Choice({ label, options, value, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    >
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  );
}
