import { useState } from "preact/hooks";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const kept = "console-theme";

const chosen = (): Theme => themes.find((theme) => theme === localStorage.getItem(kept)) ?? "system";

/** As chosen before; the system's own unless told. */
export function applyTheme(theme: Theme = chosen()): void {
  document.documentElement.dataset.theme = theme;
}

const next: Readonly<Record<Theme, Theme>> = { system: "dark", dark: "light", light: "system" };
const titles: Readonly<Record<Theme, string>> = { system: "Auto", dark: "Dark", light: "Light" };

export function ThemeChoice() {
  const [theme, setTheme] = useState(chosen());
  return (
    <button
      type="button"
      class="quiet small theme"
      onClick={() => {
        const after = next[theme];
        localStorage.setItem(kept, after);
        applyTheme(after);
        setTheme(after);
      }}
    >
      <span class="unseen">Colours: </span>
      {titles[theme]}
    </button>
  );
}
