import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { App } from "./app.js";
import { contrastColors, theme } from "./theme.js";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root element");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={contrastColors} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
);
