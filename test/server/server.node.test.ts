import { test } from 'vitest'
import { serverCases } from './server.ts'

test.each(serverCases)('$name', ({ run }) => run())
