import { Fault } from "@rialto/base";

// Settings are declared once, in a table. From it come parsing (flag over environment over file over default),
// the report of every problem at once, `--help`, docs/cli.md and `rialto inspect config`.

interface SettingBase {
  /** Long option, without dashes: "data-dir". */
  readonly flag: string;
  readonly help: string;
  /** The environment does not say it: what a call does to an exchange stands in the call. */
  readonly environment?: false;
}
export interface TextSetting extends SettingBase {
  readonly kind: "text";
  readonly default: string;
  readonly placeholder: string;
}
export interface IntegerSetting extends SettingBase {
  readonly kind: "integer";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface SwitchSetting extends SettingBase {
  readonly kind: "switch";
  readonly default: false;
}
export interface ChoiceSetting extends SettingBase {
  readonly kind: "choice";
  readonly default: string;
  readonly choices: readonly string[];
}
export type Setting = TextSetting | IntegerSetting | SwitchSetting | ChoiceSetting;
export type SettingTable = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> = S extends ChoiceSetting
  ? S["choices"][number]
  : S extends IntegerSetting
    ? number
    : S extends SwitchSetting
      ? boolean
      : string;
/** What a table of settings yields. */
export type Values<T extends SettingTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

export type Source = "default" | "file" | "environment" | "flag";
export type SettingsFaultDetail = {
  readonly code: "SETTINGS_INVALID";
  readonly problems: readonly string[];
};

export interface Settled<T extends SettingTable> {
  readonly values: Values<T>;
  readonly sources: Readonly<Record<keyof T, Source>>;
}

/** Where values may come from, weakest last. Keys are flags, names in the environment, flags. */
export interface SettingInputs {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, unknown>>;
}

/** The environment variable of a setting: RIALTO_DATA_DIR for "data-dir"; undefined for one that has none. */
export function environmentName(setting: Setting): string | undefined {
  if (setting.environment === false) return undefined;
  return `RIALTO_${setting.flag.toUpperCase().replaceAll("-", "_")}`;
}

/** Decides every setting of a table. Errors: every problem at once, returned. */
export function settle<T extends SettingTable>(
  table: T,
  inputs: SettingInputs,
): Settled<T> | Fault<SettingsFaultDetail> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const [name, setting] of Object.entries(table)) {
    const [source, raw] = pickSource(setting, inputs);
    sources[name] = source;
    values[name] =
      source === "default" ? setting.default : parseValue(setting, source, raw, problems);
  }
  const flags = new Set(Object.values(table).map((setting) => setting.flag));
  for (const key of Object.keys(inputs.file)) {
    if (!flags.has(key)) problems.push(`the configuration file has "${key}", which is no setting`);
  }
  if (problems.length > 0) {
    const message = problems.join("\n");
    return new Fault({ code: "SETTINGS_INVALID", problems }, "fatal", message);
  }
  return Object.freeze({ values: Object.freeze(values), sources }) as Settled<T>;
}

function pickSource(setting: Setting, inputs: SettingInputs): [Source, unknown] {
  const flag = inputs.flags[setting.flag];
  if (flag !== undefined) return ["flag", flag];
  const name = environmentName(setting);
  const environment = name === undefined ? undefined : inputs.environment[name];
  if (environment !== undefined && environment !== "") return ["environment", environment];
  const file = inputs.file[setting.flag];
  return file === undefined ? ["default", undefined] : ["file", file];
}

function parseValue(setting: Setting, source: Source, raw: unknown, problems: string[]): unknown {
  const name = source === "environment" ? environmentName(setting) : `--${setting.flag}`;
  const complain = (need: string): unknown => {
    problems.push(
      `${name}${source === "file" ? " in the file" : ""}: "${String(raw)}" is not ${need}`,
    );
    return setting.default;
  };
  switch (setting.kind) {
    case "text":
      return typeof raw === "string" && raw !== "" ? raw : complain("a text");
    case "integer": {
      const value = typeof raw === "string" && /^\d+$/.test(raw) ? Number(raw) : raw;
      const isGood = Number.isSafeInteger(value) && Number(value) >= setting.min;
      if (isGood && Number(value) <= setting.max) return value;
      return complain(`an integer from ${setting.min} to ${setting.max}`);
    }
    case "switch":
      if (raw === true || raw === "true" || raw === "1") return true;
      return raw === false || raw === "false" || raw === "0" ? false : complain("true or false");
    case "choice":
      return setting.choices.includes(raw as string)
        ? raw
        : complain(`one of ${setting.choices.join(", ")}`);
  }
}
