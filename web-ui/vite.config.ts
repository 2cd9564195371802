import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

const CONTROLLER = process.env["SWITCHYARD_URL"] ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [react()],
  // The workspace's own packages are bundled from their sources, so that the panel builds without their dist.
  resolve: { conditions: ["@switchyard/source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    target: "es2023",
    // Browsers that know light-dark(); older ones would need it rewritten into something that follows no theme.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": { target: CONTROLLER, ws: true, changeOrigin: true } } },
});
