import { describe, expect, test } from 'vitest'
import { notificationTraits } from '../../../src/core/endpoints/generated/notification-traits.ts'
import { createLog } from '../../../src/gateway/operations/log.ts'
import { redactBody, redactNotification } from '../../../src/gateway/operations/redact-body.ts'
import { endpoints, nameOf } from '../../catalogue/catalogue.ts'
import { answerSample, given, requestSample, type Sample, sealedIn, written } from '../../catalogue/sample.ts'

/** The line that tells of a message. */
function lineOf(body: unknown): string {
  let line = ''
  createLog({
    level: 'debug',
    write: written => {
      line = written
    },
  }).debug('message', { body })
  return line
}

/** Every message of the catalogue that has sealed fields. */
const messages = endpoints.flatMap(endpoint => {
  const { query, body } = requestSample(endpoint)
  const samples = { query, body, answer: answerSample(endpoint) }
  return Object.entries(samples).flatMap(([part, sample]) =>
    sample && sealedIn(sample).length > 0 ? [{ endpoint, name: `${nameOf(endpoint)} ${part}`, sample }] : [],
  )
})

describe.each<[string, (sample: Sample) => unknown]>([
  ['as values', given],
  ['as texts that hold JSON', written],
])('every sealed field of every definition, %s', (_, write) => {
  test('is redacted, and nothing of what it holds is in the line', async () => {
    expect(messages.length).toBeGreaterThan(120)
    const faults: string[] = []
    for (const { endpoint, name, sample } of messages) {
      const { api, method, path } = endpoint
      const line = lineOf(await redactBody(write(sample), api, method, path))
      const sealed = sealedIn(sample)
      faults.push(...sealed.filter(value => line.includes(value)).map(value => `${name}: ${value}`))
      const marks = line.split('[sealed]').length - 1
      if (marks !== sealed.length) faults.push(`${name}: ${marks} marks for ${sealed.length} fields`)
    }
    expect(faults).toEqual([])
  })
})

test('every sealed field of every notification is redacted, in lists and out of them', async () => {
  const plaintext = '密 plaintext'
  const nest = ([name, ...rest]: readonly string[], inLists: boolean): unknown => {
    if (name === undefined) return plaintext
    const inner = nest(rest, inLists)
    return { [name]: inLists && rest.length > 0 ? [inner, inner] : inner }
  }
  const sealed = Object.entries(notificationTraits).flatMap(([event, { open = [] }]) =>
    open.map(path => ({ event, path })),
  )
  expect(sealed.length).toBeGreaterThan(4)
  for (const { event, path } of sealed)
    for (const inLists of [false, true]) {
      const line = lineOf(await redactNotification(nest(path.split('.'), inLists), event))
      expect(line).toContain('[sealed]')
      expect(line).not.toContain('plaintext')
    }
})
