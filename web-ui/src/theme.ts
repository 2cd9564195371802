import { createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "orange",
  primaryShade: { light: 9, dark: 6 },
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
});
