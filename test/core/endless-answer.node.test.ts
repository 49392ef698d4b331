import { test } from 'vitest'
import { endlessAnswerCases } from './endless-answer.ts'

test.each(endlessAnswerCases)('$name', ({ run }) => run())
