import { inject, test } from 'vitest'
import { breakingCases } from './breaking-answers.ts'

// workerd has no certificate authority of one's own to trust, so it is not asked over TLS.
test.each(breakingCases([{ name: 'fetch', fetch }], inject('breaking')))('$name', ({ run }) => run())
