/** Codes of the API in words. */

const words: Readonly<Record<string, string>> = {
  not_in_snapshot: 'not in the snapshot (update mode)',
  already_in_snapshot: 'already in the snapshot (insert mode)',
  rejected_before: 'rejected before, and the row is the same',
  deleted_in_hub: 'deleted in the Hub',
  forgotten: 'forgotten',
  outcome_unknown: 'the outcome of an earlier batch is unknown',
  duplicate: 'the key occurs more than once',
  left: 'left the model with this run',
  left_before: 'left the model before this run',
  renamed: 'has a new e-mail',
  kept: 'the Hub keeps the previous e-mail as it was',
  marked: 'the previous e-mail is marked',
  back: 'the previous e-mail is in the model again',
  deleted: 'the previous e-mail is no longer in the snapshot',
  not_sent: 'its batch was not sent',
  unknown: 'the outcome of its batch is unknown',
  refused: 'its batch was refused',
  found: 'the Hub has other values',
  in_flight: 'its batch is in flight',
  resent: 'its batch was resent',
};

/** A code without words of its own is shown as it is. */
export function describeReasonCode(code: string): string {
  return words[code] ?? code.replaceAll('_', ' ');
}

const stepWords: Readonly<Record<string, string>> = {
  read: 'Read the model',
  stage: 'Stage the rows',
  plan: 'Compare and plan',
  validate: 'Validate',
  send: 'Send to the Hub',
  end: 'Finish',
};

export function describeStep(step: string): string {
  return stepWords[step] ?? step.replaceAll('_', ' ');
}

const triggerWords: Readonly<Record<string, string>> = {
  manual: 'by hand',
  schedule: 'by schedule',
  api: 'by HTTP',
  plan: 'plan only',
};

export function describeTrigger(trigger: string): string {
  return triggerWords[trigger] ?? trigger;
}
