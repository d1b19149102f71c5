import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The platform that `vite dev` passes requests on to. */
const platform = process.env['FOVEA_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    // The first with light-dark(), which the colour tokens are written with.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The platform's policy allows no data: fonts or scripts, so everything stays a file of its own.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': platform, '/openapi.json': platform, '/docs': platform } },
});
