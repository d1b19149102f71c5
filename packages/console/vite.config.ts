import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { mantineStyles } from './mantine-styles.ts';
import { shortContract } from './short-contract.ts';

/** The platform that `vite dev` passes requests on to. */
const platform = process.env['FOVEA_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig(({ command }) => {
  // A build is for use, also when tests ask for it, which set NODE_ENV to something else.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return {
    plugins: [shortContract(), react(), mantineStyles(fileURLToPath(new URL('src', import.meta.url)))],
    resolve: { alias: [{ find: /^zod$/, replacement: fileURLToPath(new URL('zod-stand-in.ts', import.meta.url)) }] },
    build: {
      // The first with light-dark(), which the colour tokens are written with.
      target: ['chrome123', 'firefox120', 'safari17.5'],
      // The platform's policy allows no data: fonts or scripts, so everything stays a file of its own.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 700,
    },
    server: { proxy: { '/v1': platform, '/openapi.json': platform, '/docs': platform } },
  };
});
