import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

// The server mounts the console below /console/. `npm run dev` passes calls on to a platform on this machine.
export default defineConfig({
  base: "/console/",
  plugins: [vue()],
  build: { target: "es2022", assetsInlineLimit: 0, sourcemap: false, reportCompressedSize: true },
  // Only what hangs is ended: on a busy machine a test takes as long as it takes.
  test: { environment: "happy-dom", testTimeout: 60_000 },
  // The API explorer reads the specification itself.
  server: { fs: { allow: ["../.."] }, proxy: { "^/console/(api|session)": "http://127.0.0.1:8080", "/console/live": { target: "ws://127.0.0.1:8080", ws: true } } },
});
