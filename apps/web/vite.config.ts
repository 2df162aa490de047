import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type UserConfig } from "vite";
import solid from "vite-plugin-solid";

const config: UserConfig = defineConfig({
  plugins: [solid(), tailwindcss()],
  build: {
    // The page's policy allows no inline scripts, and no data: scripts either.
    assetsInlineLimit: 0,
    target: "es2024",
  },
});

export default config;
