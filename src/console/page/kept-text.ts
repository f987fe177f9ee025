/** One text that outlasts the page. */
export type KeptText = { read(): string | null; write(text: string): void };

/** Keeps a text in a storage of the browser's; where this is forbidden, for as long as the page stands. */
export function keptText(storage: () => Pick<Storage, "getItem" | "setItem">, name: string): KeptText {
  let own: string | null = null;
  return {
    read() {
      try {
        return own ?? storage().getItem(name);
      } catch {
        return null;
      }
    },
    write(text) {
      try {
        storage().setItem(name, text);
        own = null;
      } catch {
        own = text;
      }
    },
  };
}
