import { constants, privateDecrypt } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { ROUTES as V2_ROUTES } from '../../src/simulator/v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../src/simulator/v3/routes.ts'
import { fromXml } from '../simulator/node-client.ts'
import { createMerchant, definitionOf, requestFor } from './request.ts'
import { statefulAnswers } from './stateful-answers.ts'
import { factsOf, isFollowed, statements } from './statements.ts'

/** Every correction of a response, beside what the simulator answers to a correct request. */
let simulator: Simulator
let stateful: Readonly<Record<string, readonly unknown[]>>
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'facts' })
  stateful = await statefulAnswers()
})

/** The simulator leaves out what tells of failure and of promotions. */
const UNLIKELY = /fail|reject|promotion/
const facts = statements
  .filter(({ was }) => was !== undefined)
  .flatMap(factsOf)
  .filter(fact => fact.at.startsWith('answer.') && isFollowed(fact) && !UNLIKELY.test(fact.at))

/** Endpoints with a route respond from accounts; of those without responses in `statefulAnswers`, other tests look at them. */
const own = new Set<string>([...V2_ROUTES, ...V3_ROUTES].map(({ endpoint }) => endpoint))
const hasRoute = (of: string): boolean => own.has(of.slice('v3 '.length))

async function answerOf(of: string): Promise<unknown> {
  const one = definitionOf(of)
  if (!one) throw new Error(`There is no definition of ${of}.`)
  const { appid, mchid } = simulator.merchant
  const known = { appid, mch_id: mchid, mchid, sp_mchid: mchid, currency: 'CNY', sign_type: 'HMAC-SHA256' }
  const { code, message } = await createMerchant(simulator).send(one, requestFor(one, '', known))
  if (code !== 'OK') throw new Error(message)
  return one.api === 'v2' ? fromXml(message) : JSON.parse(message || '{}')
}

/** Returns the values at a place; on the way, walks through lists and parses texts of JSON. */
function valuesAt(value: unknown, [next, ...rest]: readonly string[]): unknown[] {
  if (next === undefined) return [value]
  if (Array.isArray(value)) return value.flatMap(one => valuesAt(one, [next, ...rest]))
  if (typeof value === 'string') return valuesAt(JSON.parse(value), [next, ...rest])
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, next)) return []
  return valuesAt((value as Record<string, unknown>)[next], rest)
}

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? `${typeOf(value[0])}[]` : Number.isInteger(value) ? 'integer' : typeof value

type Rule = (values: unknown[], says: unknown) => string[]

/** Rules that return the faults of the values at a place. Another check ensures that there are some. */
const RULES: Readonly<Record<string, Rule>> = {
  exists: (values, says) => (says ? [] : values.map(value => `${JSON.stringify(value)} stands where nothing is`)),
  required: () => [],
  type: (values, says) => values.flatMap(value => (typeOf(value) === says ? [] : [`${typeOf(value)} for ${says}`])),
  enum: (values, says) =>
    values.flat().flatMap(value => ((says as unknown[]).includes(value) ? [] : [`${value} is none of ${says}`])),
  encrypted: values => values.flat().flatMap(value => (opens(value) ? [] : [`${value} is in the clear`])),
}

function opens(encrypted: unknown): boolean {
  const { privateKey: key } = simulator.merchant
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
  try {
    return privateDecrypt({ key, ...padding }, Buffer.from(String(encrypted), 'base64')).length > 0
  } catch {
    return false
  }
}

const endpoints = [...new Set(facts.map(({ of }) => of))]

/** Returns what is wrong with the responses of an endpoint; a field must stand in at least one of them. */
function faultsOf(of: string, answers: readonly unknown[]): string[] {
  return facts
    .filter(fact => fact.of === of)
    .flatMap(({ at, facet, says }) => {
      const values = answers.flatMap(answer => valuesAt(answer, at.split('.').slice(1)))
      const isMissing = values.length === 0 && says !== false
      const found = isMissing ? ['is not there'] : RULES[facet]!(values, says)
      return found.map(fault => `${at} ${facet}: ${fault}`)
    })
}

describe('a response is what the facts say', () => {
  it.each(endpoints.filter(of => !hasRoute(of)))('%s', async of => {
    expect(faultsOf(of, [await answerOf(of)])).toEqual([])
  })

  it('in the states of what the simulator remembers', () => {
    expect(Object.keys(stateful).filter(of => !endpoints.includes(of))).toEqual([])
    const faults = Object.entries(stateful).flatMap(([of, answers]) =>
      faultsOf(of, answers).map(fault => `${of} ${fault}`),
    )
    expect(faults).toEqual([])
  })

  it('of most endpoints', () => {
    const unchecked = endpoints.filter(of => hasRoute(of) && !Object.hasOwn(stateful, of))
    expect(unchecked.length).toBeLessThan(endpoints.length / 3)
  })
})
