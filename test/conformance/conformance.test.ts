import { test } from 'vitest'
import { cases } from './index.ts'

// In Node 24, in workerd, in Chromium, and in Node on @peculiar/webcrypto and on the crypto of its adapter; for the
// others see test/runtimes/.
for (const { name, run } of cases) test(name, run)
