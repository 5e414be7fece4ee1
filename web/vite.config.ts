import { join } from 'node:path'
import { defineConfig } from 'vite'

/** Where `npm start` listens, for `npx vite web` beside it: pages reload as they are edited, all else comes from there. */
const GATEWAY = `http://localhost:${process.env['PORT'] ?? '8080'}`

/**
 * What nearly all pages use, with all that it needs, is one file. Each in a file of its own would cost some 150 bytes of the first load,
 * and its name in the list of what every page loads.
 */
const SHARED = ['react-dom/client', '@tanstack/react-query'].concat(
  ['parts/Await.tsx', 'parts/SignedIn.tsx', 'parts/TimeLeft.tsx', 'queries.ts', 'use-ids.ts'].map((file) =>
    join(import.meta.dirname, 'src', file),
  ),
)

export default defineConfig({
  root: import.meta.dirname,
  // tsconfig.json is for the type checker, and stands on packages that an image does not have.
  esbuild: { jsx: 'automatic', tsconfigRaw: '{}' },
  build: {
    target: 'es2022',
    // build-pages.ts reads it to know what a page loads first.
    manifest: true,
    // A data: address would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // It takes 5 s more than esbuild and makes the first load 2,500 bytes smaller, once a build for each person of a crowd.
    minify: 'terser',
    terserOptions: { compress: { passes: 2 } },
    emptyOutDir: true,
    reportCompressedSize: false,
    rollupOptions: { output: { manualChunks: { base: SHARED } } },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/docs', '/health', '/identity', '/config.json'].map((path) => [path, GATEWAY]),
    ),
  },
})
