import { test } from 'vitest'
import { guardedFetchCases } from './guarded-fetch.ts'

for (const { name, run } of guardedFetchCases) test(name, run)
