import { inject, test } from 'vitest'
import { createMtlsFetch } from '../../src/adapters/node.ts'
import { nodeFetch } from '../../src/adapters/node-fetch.ts'
import { createGuardedFetch } from '../../src/server/guarded-fetch.ts'
import { breakingCases } from './breaking-answers.ts'

// For Deno and Bun see deno.ts and bun.ts, for workerd breaking-answers.worker.test.ts.
const server = inject('breaking')
const transports = [
  { name: 'fetch', fetch },
  { name: 'the fetch of the adapter', fetch: nodeFetch },
  { name: 'client certificates', fetch: createMtlsFetch({ ca: server.ca }), isTls: true },
  { name: 'guarded fetch', fetch: createGuardedFetch({ allowPrivate: true }) },
  { name: 'guarded fetch over TLS', fetch: createGuardedFetch({ allowPrivate: true, ca: server.ca }), isTls: true },
]
test.each(breakingCases(transports, server))('$name', ({ run }) => run())
