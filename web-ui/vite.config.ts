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
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": { target: CONTROLLER, ws: true, changeOrigin: true } } },
});
