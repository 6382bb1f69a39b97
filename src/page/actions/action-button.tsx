import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useSession } from '../hooks/session.tsx';
import { ConfirmDialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import type { IconName } from '../parts/icon.tsx';

interface ActionButtonProps {
  readonly words: string;
  readonly icon?: IconName;
  readonly isMain?: boolean;
  readonly disabled?: boolean;
  readonly title: string;
  /** What the button of the dialog says; the words of this one if left out. */
  readonly confirm?: string;
  readonly asksReason?: boolean;
  readonly action: (reason: string) => Promise<void>;
  /** What will happen, in numbers. */
  readonly children: ComponentChildren;
}

/** A button that asks before it acts. Who may only look does not get it. */
export function ActionButton(props: ActionButtonProps) {
  const { words, icon, isMain = false, disabled = false, title, confirm = words, asksReason = false } = props;
  const { session } = useSession();
  const [open, setOpen] = useState(false);
  if (session?.access !== 'operate') return null;
  return (
    <>
      <button
        type="button"
        class={isMain ? 'button button-main' : 'button'}
        disabled={disabled}
        onClick={() => setOpen(true)}
      >
        {icon === undefined ? null : <Icon name={icon} />}
        {words}
      </button>
      {open ? (
        <ConfirmDialog
          title={title}
          confirm={confirm}
          asksReason={asksReason}
          onConfirm={props.action}
          onClose={() => setOpen(false)}
        >
          {props.children}
        </ConfirmDialog>
      ) : null}
    </>
  );
}

/** The body of an action: the reason only where somebody gave one. */
export function noteOf(reason: string): { readonly reason?: string } {
  return reason === '' ? {} : { reason };
}
