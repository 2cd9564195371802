import { createTheme, type CSSVariablesResolver } from "@mantine/core";

/** Mantine's orange with a last shade that white text can be read on. */
const signal = [
  "#fff4e6",
  "#ffe8cc",
  "#ffd8a8",
  "#ffc078",
  "#ffa94d",
  "#ff922b",
  "#fd7e14",
  "#f76707",
  "#d9480f",
  "#b83a05",
] as const;

export const theme = createTheme({
  primaryColor: "signal",
  colors: { signal },
  primaryShade: { light: 9, dark: 6 },
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
});

/** Mantine's own dimmed and light colours fall short of the contrast of 4.5 that text needs. */
export const contrastColors: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c636a",
    "--mantine-color-green-light-color": "#1b5e2b",
    "--mantine-color-blue-light-color": "#12497d",
    "--mantine-color-yellow-light-color": "#7a4a00",
    "--mantine-color-gray-light-color": "#495057",
    "--mantine-color-red-light-color": "#a51111",
    "--mantine-color-signal-light-color": "#8a2c00",
  },
  dark: {
    "--mantine-color-dimmed": "#b4b9be",
  },
});
