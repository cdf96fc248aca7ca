import { defineConfig } from '@playwright/test'

// Tests of the whole thing in a real browser, against a running server:
//   DOCKERDRIVER_URL             where its UI is
//   DOCKERDRIVER_ADMIN_PASSWORD  of admin@localhost
//   DOCKERDRIVER_IMAGE_DIRECTORY  where its images are, for tests that put files there; else they are skipped
//   DOCKERDRIVER_PID_FILE        with its process, which is started again when it is killed; else tests that kill it are skipped
//   DOCKERDRIVER_PICTURES        a directory that takes the pictures of the README (make pictures)
//   CHROMIUM                     the browser, when it is not Debian's
//
// Two projects, each on a server of its own, so that CI runs them side by side: pages are
// told of what any server has, notebooks meet the engine.
const pages = /(announcements|configure|drain|everyone|everypage|exchange|extend|failures|keyboard|language|launchtab|notice|queue|together|trying|visit)\.spec\.ts$/

export default defineConfig({
  projects: [
    { name: 'pages', outputDir: '../node_modules/.cache/e2e-pages', testMatch: pages },
    { name: 'notebooks', outputDir: '../node_modules/.cache/e2e-notebooks', testIgnore: process.env['DOCKERDRIVER_PICTURES'] ? pages : [pages, 'pictures.spec.ts'] },
  ],
  testDir: '.',
  // All tests share one server and its one pool.
  workers: 1,
  forbidOnly: true,
  // On CI's noisy machine a test may be told by a second try; it is listed as flaky then.
  retries: process.env['CI'] === 'true' ? 1 : 0,
  timeout: 180_000, // a busy machine takes a minute for what else takes ten seconds
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    actionTimeout: 60_000, // what is not there by then will not be: the second try need not wait for the test's end
    baseURL: process.env['DOCKERDRIVER_URL'] ?? 'http://127.0.0.1:8080',
    // Notebooks have a certificate of the installation's own authority.
    ignoreHTTPSErrors: true,
    browserName: 'chromium',
    locale: 'en-GB',
    trace: process.env['CI'] === 'true' ? 'on-first-retry' : 'retain-on-failure', // recording takes half of the time
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--ignore-certificate-errors', // for service workers, which ignoreHTTPSErrors leaves out
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
