import { defineConfig } from 'vite'

/** Where `npm start` listens, for `npx vite web` beside it: pages reload as they are edited, all else comes from there. */
const GATEWAY = `http://localhost:${process.env['PORT'] ?? '8080'}`

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
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/docs', '/health', '/identity', '/config.json'].map((path) => [path, GATEWAY]),
    ),
  },
})
