import { create } from 'zustand';

type Notes = {
  readonly drafts: { readonly [itemId: string]: string };
  readonly write: (itemId: string, text: string) => void;
};

/** Notes being written, by item: going to another case and back loses none. */
export const useNotes = create<Notes>()((set) => ({
  drafts: {},
  write: (itemId, text) => set((before) => ({ drafts: { ...before.drafts, [itemId]: text } })),
}));
