import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ruleOf } from "../infra/context.ts";
import { variableOf } from "../lib/config.ts";
import { presetAt, type Setting } from "../lib/providers/facts.ts";
import { backOff, settings, timeNames, timeSettings, written } from "../lib/settings.ts";
import { ownSettings } from "./settings.ts";

const code = (value: string | number): string => `\`${value}\``;
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Both names of a setting: what a deployment chooses, and what a function reads. */
const names = (name: string): string => `${code(name)}<br>${code(variableOf(name))}`;

function presetOf(setting: Setting): string {
  const [dev, prod] = [presetAt(setting, "dev"), presetAt(setting, "prod")];
  const shown = dev ?? setting.unset;
  if (shown === undefined) return "none";
  if (setting.mustBeChosen !== undefined) return `${code(shown)}; prod: must be chosen`;
  return prod === dev ? code(shown) : `${code(shown)}; prod ${code(prod ?? shown)}`;
}

const localOf = ({ local }: Pick<Setting, "local">): string =>
  local === undefined ? "" : local === "" ? "none" : code(local);

const settingRows = (): readonly string[] =>
  Object.entries(settings).map(([name, setting]) => {
    const must = capital(ruleOf(setting).must.replace(/^be /, "").replace(/: .*$/, ""));
    return row([names(name), presetOf(setting), localOf(setting), `${must}. ${setting.about}`]);
  });

const timeRows = (): readonly string[] =>
  timeNames.map((name) => {
    const { preset, about, leastInProduction, most, local } = timeSettings[name];
    const bounds = [
      ...(leastInProduction === undefined ? [] : [`at least ${leastInProduction} in prod`]),
      ...(most === undefined ? [] : [`at most ${most.ms}: ${most.because}`]),
    ];
    const sentence = bounds.length === 0 ? about : `${capital(bounds.join(", "))}. ${about}`;
    return row([names(name), code(preset), local === undefined ? "" : code(local), sentence]);
  });

/** The tables that docs/configuration.md shows, by their marker. */
const tables = (): Readonly<Record<string, readonly string[]>> => ({
  settings: [
    "| Context, variable | Default | At `npm start` | |",
    "|---|---|---|---|",
    ...settingRows(),
    ...timeRows(),
    row([
      code("BACK_OFF_MS"),
      code(backOff.preset),
      code(backOff.local),
      `Not chosen by a deployment. ${backOff.about}`,
    ]),
    ...Object.entries(written).map(([name, about]) => row([code(name), "the stack's", "", about])),
  ],
  own: [
    "| Variable | Default | |",
    "|---|---|---|",
    ...Object.entries(ownSettings).map(([name, { preset, about }]) =>
      row([code(name), String(preset), about]),
    ),
  ],
});

const file = resolve(import.meta.dirname, "../docs/configuration.md");

/** The document as it is, with the tables of the settings as they are now. */
export function configurationDocument(): string {
  let text = readFileSync(file, "utf8");
  for (const [name, lines] of Object.entries(tables())) {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/configuration.md has no place for the table "${name}"`);
    text = `${text.slice(0, from)}${begin}${lines.join("\n")}\n${text.slice(to)}`;
  }
  return text;
}

if (import.meta.main) writeFileSync(file, configurationDocument());
