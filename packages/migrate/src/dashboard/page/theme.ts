import type { TenantState } from "./page-data.ts";

/** The colours of the states, as the style sheet has them now. */
export function stateColors(): Record<TenantState | "mark" | "focus", string> {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    failed: color("--failed"),
    running: color("--running"),
    migrated: color("--migrated"),
    "up-to-date": color("--up-to-date"),
    waiting: color("--waiting"),
    mark: color("--mark"),
    focus: color("--text"),
  };
}

const choices = ["auto", "light", "dark"] as const;

/** The button that goes from the system's colours to light and to dark ones. The choice is kept where there is a place for it. */
export function installTheme(button: HTMLElement, onChange: () => void): void {
  let choice: (typeof choices)[number] = choices.find((known) => known === readChoice()) ?? "auto";
  const show = (): void => {
    document.documentElement.dataset["theme"] = choice;
    button.textContent = { auto: "Auto", light: "Light", dark: "Dark" }[choice];
    button.setAttribute("aria-label", `Colours: ${choice}. Change`);
    onChange();
  };
  button.addEventListener("click", () => {
    choice = choices[(choices.indexOf(choice) + 1) % choices.length] ?? "auto";
    try {
      localStorage.setItem("litefleet-theme", choice);
    } catch {
      // A file may have no storage: the choice is for this visit.
    }
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  show();
}

function readChoice(): string | null {
  try {
    return localStorage.getItem("litefleet-theme");
  } catch {
    return null;
  }
}
