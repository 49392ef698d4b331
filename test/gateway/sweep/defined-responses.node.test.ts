import { describe, expect, test } from 'vitest'
import { settledBy } from '../../../src/gateway/generated/settled-by.ts'
import { definedResponse } from './defined.ts'
import {
  bodyOf,
  createTestGateway,
  eventOf,
  finalState,
  mchid,
  merchantKeys,
  NUMBER,
  placedBy,
  type Row,
  SUB,
} from './kind-gateway.ts'

// Every field that the definition of a query's response has is there, whatever the call said: a number that the gateway takes for
// another's, or a party that it cannot name, shows.

type Fields = Record<string, unknown>

/** A merchant's own fields are texts in APIv2; what it nests is left out, as it would be in a response without any. */
const wireOf = (row: Row, fields: Fields): Fields =>
  row.api === 'v3'
    ? fields
    : Object.fromEntries(
        Object.entries(fields).flatMap(([name, value]) =>
          typeof value === 'object' || /^(return_|result_|err_|sign)/.test(name) ? [] : [[name, String(value)]],
        ),
      )

/** Returns a response as defined, with the parties and the numbers that the call named, in a final state. */
function responseOf(row: Row, called: Fields): Fields {
  const whole = definedResponse(row.query, merchantKeys.publicKey)
  const fields = (row.at ? whole[row.at] : whole) as Fields
  for (const name of Object.keys(fields)) {
    if (/^(?:mchid|mch_id|sp_mchid|combine_mchid|combine_mch_id)$/.test(name)) fields[name] = mchid
    else if (Object.hasOwn(called, name)) fields[name] = called[name]
    else if (/^sub_mch_?id$/.test(name)) delete fields[name]
  }
  // A partner alone has sub-merchants.
  if (called.sub_mchid === undefined) delete fields.sp_mchid
  else if (row.params.includes('sp_mchid')) delete fields.mchid
  if (row.as !== 'v2-refund') fields[row.number] = NUMBER
  else for (const name of [row.number, 'refund_id', 'transaction_id']) delete fields[name]
  Object.assign(fields, finalState(row))
  return wireOf(row, whole)
}

/** Returns the party that must be named. The notification of an APIv2 refund names the parties outside of `req_info`. */
const partyOf = ({ as }: Row, { sub_mchid, sub_mch_id = sub_mchid }: Fields) =>
  as === 'v2-refund' ? undefined : sub_mch_id

describe.each(settledBy.map(row => [row.kind, row] as const))('%s', (kind, row) => {
  const all: Fields = placedBy(row) as Fields
  const least = Object.fromEntries(
    Object.entries(all).filter(([name]) => name === row.number || row.required?.includes(name) || row.from),
  )
  test.each([
    ['all that its query takes', all],
    ['what its query requires alone', least],
  ])('is told by the response as it is defined, where the call has %s', async (_, called) => {
    const named = Object.fromEntries(Object.entries(bodyOf(row)).filter(([name]) => called === all || name in called))
    const shop = await createTestGateway(row, {}, NUMBER, responseOf(row, named))
    for (const call of row.calls.slice(0, 1)) await shop.call(call, called)
    expect(await shop.watched()).toEqual({ [kind]: 1 })
    await shop.sweep()
    expect(shop.received.map(({ type }) => type)).toEqual([eventOf(row)])
    expect(await shop.watched()).toEqual({})
    const text = JSON.stringify(shop.received[0]!.data.resource)
    expect(text).toContain(NUMBER)
    if (partyOf(row, named) !== undefined) expect(text).toContain(SUB)
  })
})
