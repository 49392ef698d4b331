import { expect, test } from 'vitest'
import { readTraceparent } from '../../../src/gateway/trace/traceparent.ts'

// The examples of https://www.w3.org/TR/trace-context/ and its test suite.
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test.each([
  ['sampled', `00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
  ['not sampled', `00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
  ['with flags that version 00 does not know', `00-${TRACE}-${SPAN}-ff`, `00-${TRACE}-${SPAN}-03`],
  ['of a later version', `cc-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
  ['of a later version, which appends something', `cc-${TRACE}-${SPAN}-01-what-the-future`, `00-${TRACE}-${SPAN}-01`],
])('a traceparent is read: %s', (_, value, expected) => expect(readTraceparent(value)).toBe(expected))

test.each([
  ['absent', null],
  ['empty', ''],
  ['of version ff', `ff-${TRACE}-${SPAN}-01`],
  ['of version 00, which appends something', `00-${TRACE}-${SPAN}-01-x`],
  ['of a later version, which appends something without a dash', `cc-${TRACE}-${SPAN}-01.x`],
  ['in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['with a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['with a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['with a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['with two values', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ['with a line break', `00-${TRACE}-${SPAN}-01\n`],
  ['long', `00-${TRACE}-${SPAN}-01${'-0'.repeat(10_000)}`],
])('a traceparent is ignored: %s', (_, value) => expect(readTraceparent(value)).toBeUndefined())
