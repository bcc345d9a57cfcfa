import { useRef } from 'react';
import { KeyCap } from '../../ui/key-cap.tsx';
import { useCommands } from '../../ui/registry.ts';
import { useNotes } from './notes.ts';
import styles from './decision-bar.module.css';

const LONGEST_NOTE = 4000;

export function NoteField({ itemId, placeholder }: { readonly itemId: string | null; readonly placeholder: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useNotes((notes) => (itemId === null ? '' : (notes.drafts[itemId] ?? '')));
  const write = useNotes((notes) => notes.write);
  useCommands({ note: () => field.current?.focus() });
  return (
    <label className={styles.note}>
      <textarea
        ref={field}
        aria-label="Note"
        placeholder={placeholder}
        maxLength={LONGEST_NOTE}
        disabled={itemId === null}
        value={text}
        onChange={(event) => itemId !== null && write(itemId, event.currentTarget.value)}
        onKeyDown={(event) => {
          // Both go back to the case, where the decision keys work; the text stays.
          if (event.key === 'Escape' || (event.key === 'Enter' && !event.shiftKey)) {
            event.preventDefault();
            event.currentTarget.blur();
          }
        }}
      />
      <KeyCap>n</KeyCap>
    </label>
  );
}
