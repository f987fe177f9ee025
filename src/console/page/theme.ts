import { find } from "./dom.ts";
import { keptText } from "./kept-text.ts";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const kept = keptText(() => localStorage, "hedgerow-theme");

/** Lets the reader choose light or dark, or leave it to the system; `onChange` runs whenever the colours have changed. */
export function startTheme(onChange: () => void): void {
  const button = find("theme", HTMLButtonElement);
  let theme: Theme = themes.find((one) => one === kept.read()) ?? "auto";
  const show = (): void => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "auto";
    kept.write(theme);
    show();
    onChange();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  show();
}
