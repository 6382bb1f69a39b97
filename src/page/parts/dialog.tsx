import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { toApiError } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';
import { ErrorNotice } from './notices.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What the button says, an imperative. */
  readonly confirm: string;
  /** What will happen, in numbers. */
  readonly children: ComponentChildren;
  /** Whether a reason can be given; it is on record then. */
  readonly asksReason: boolean;
  readonly onConfirm: (reason: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks once before something happens. The browser keeps the focus inside, and Escape closes it. */
export function ConfirmDialog({ title, confirm, children, asksReason, onConfirm, onClose }: ConfirmDialogProps) {
  const dialog = useModal();
  const titleId = useId();
  const reason = useRef<HTMLInputElement>(null);
  const { busy, error, submit } = useConfirmation(() => onConfirm(reason.current?.value.trim() ?? ''), onClose);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={titleId}>{title}</h2>
        <div class="dialog-text">{children}</div>
        {asksReason ? <ReasonField input={reason} /> : null}
        {error === null ? null : <ErrorNotice error={error} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={busy}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function ReasonField({ input }: { readonly input: RefObject<HTMLInputElement | null> }) {
  const id = useId();
  return (
    <p>
      <label for={id}>
        Reason <span class="field-note">(optional, goes on record)</span>
      </label>
      <input ref={input} id={id} maxLength={500} autocomplete="off" />
    </p>
  );
}

function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      // What opened it may be gone by now, with the state that it changed.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.querySelector('h1')?.focus();
    };
  }, []);
  return dialog;
}

function useConfirmation(action: () => Promise<void>, onDone: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await action();
      onDone();
    } catch (failure) {
      setError(toApiError(failure));
      setBusy(false);
    }
  };
  return { busy, error, submit };
}
