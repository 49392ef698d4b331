import { describe, expect, it } from 'vitest'
import { contradictionsOf } from '../../scripts/compare-facts/contradiction.ts'
import { definitionNodes } from '../../scripts/compare-facts/definitions.ts'
import { document } from '../catalogue/catalogue.ts'
import { defined } from '../simulator/definition.node.ts'
import { callsOfNodeV3, callsOfTenpay, pathsOfAxiosPlugin, statementsOfNodeV3 } from './sdks.ts'

const shapeOf = (path: string): string => path.replaceAll(/\{\w+\}/g, '{}').replace(/\/$/, '')

/** The calls that no definition has, those that are explained left out. */
const unknown = (calls: readonly { method?: string; path: string }[], api: string): string[] =>
  calls
    .filter(
      ({ method, path }) =>
        !defined.some(
          one => one.api === api && (!method || one.method === method) && shapeOf(one.path) === shapeOf(path),
        ),
    )
    .map(({ path }) => path)

/** Calls of an SDK that the definitions do not have, and why. */
const ABSENT = {
  '/sandboxnew/pay/getsignkey': 'The sandbox of old; /xdc/apiv2getsignkey/sign/getsignkey took its place.',
}

describe('the definitions have every call of', () => {
  it('wechatpay-node-v3', async () => {
    const calls = await callsOfNodeV3()
    expect(calls.length).toBeGreaterThan(30)
    expect(unknown(calls, 'v3')).toEqual([])
  })

  it('tenpay, but for those that are explained', () => {
    const calls = callsOfTenpay()
    expect(calls.length).toBeGreaterThan(20)
    expect(unknown(calls, 'v2')).toEqual(Object.keys(ABSENT))
  })

  it('wechatpay-axios-plugin', () => {
    const paths = pathsOfAxiosPlugin()
    expect(paths.length).toBeGreaterThan(40)
    const of = (isV3: boolean) => paths.filter(path => path.startsWith('/v3/') === isV3).map(path => ({ path }))
    expect([...unknown(of(true), 'v3'), ...unknown(of(false), 'v2')]).toEqual([])
  })

  it('an SDK, not of one that is made up', () => {
    expect(
      unknown([{ method: 'GET', path: '/v3/pay/transactions/jsapi' }, { path: '/v3/nothing/{id}' }], 'v3'),
    ).toEqual(['/v3/pay/transactions/jsapi', '/v3/nothing/{id}'])
  })
})

/** Where the types of wechatpay-node-v3 differ, and why. */
const DIFFERENT: readonly [RegExp, string][] = [
  [/ body\.(appid|mchid|combine_appid|combine_mchid) required false true$/, 'The SDK adds its own.'],
  [/ body\.wx_serial_no exists true false$/, 'The SDK takes it out of the body and sends Wechatpay-Serial.'],
]

it('the definitions agree with the types of wechatpay-node-v3, but for what is explained', async () => {
  const statements = statementsOfNodeV3(await callsOfNodeV3())
  expect(statements.length).toBeGreaterThan(200)
  const found = contradictionsOf(statements, definitionNodes(document)).map(
    ({ of, at, facet, facts, definitions }) => `${of} ${at} ${facet} ${facts} ${definitions}`,
  )
  expect(found.filter(one => !DIFFERENT.some(([pattern]) => pattern.test(one)))).toEqual([])
  expect(DIFFERENT.filter(([pattern]) => !found.some(one => pattern.test(one)))).toEqual([])
})
