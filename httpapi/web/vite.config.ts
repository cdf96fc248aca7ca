import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The server that `npm run dev` shows the UI of.
const server = process.env['DOCKERDRIVER_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  resolve: {
    // The form library's test support imports a validator that needs eval; ours takes its place.
    alias: { '@rjsf/validator-ajv8': fileURLToPath(new URL('src/form/validator.ts', import.meta.url)) },
  },
  // The Go side puts a fresh nonce in place of this mark (web.go, nonceMark).
  html: { cspNonce: '__CSP_NONCE__' },
  server: { proxy: { '/api': server, '/open': server } },
  build: {
    // The content policy allows no data: scripts and fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
  },
})
