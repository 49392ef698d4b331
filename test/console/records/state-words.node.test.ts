import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { type ShownMachine, STATE_WORDS } from '../../../src/console/records/state-words.ts'
import type { StateMachine } from '../../../src/simulator/accounts/state-machine.ts'
import { createSimulator, createSimulatorMount } from '../../../src/simulator/index.ts'

const mount = createSimulatorMount(await createSimulator())
const machines: Readonly<Record<string, StateMachine>> = await (
  await mount(new Request('http://localhost/simulator/state-machines'))
).json()

const statesOf = ({ initial, transitions }: StateMachine): Set<string> =>
  new Set([...initial, ...transitions.map(({ to }) => to)])

test.each(Object.keys(STATE_WORDS) as ShownMachine[])('each state of %s, and no other, has words', name => {
  expect(new Set(Object.keys(STATE_WORDS[name]))).toEqual(statesOf(machines[name]!))
  for (const { en, zh } of Object.values(STATE_WORDS[name])) {
    expect(en).toMatch(/^[\w ,]+$/)
    expect(zh).toMatch(/^\p{Script=Han}+$/u)
  }
})

/** The definition that has the labels of a table, and the field. */
const OFFICIAL: Readonly<Partial<Record<ShownMachine, readonly [file: string, field: string]>>> = {
  orders: ['v2/pay.yaml', 'trade_state'],
  refunds: ['v3/refund.yaml', 'status'],
  transfers: ['v3/merchant-transfer.yaml', 'state'],
  serviceOrders: ['v3/payscore.yaml', 'state'],
  permissions: ['v3/payscore.yaml', 'authorization_state'],
  complaints: ['v3/complaints.yaml', 'complaint_state'],
  couponStocks: ['v3/coupon.yaml', 'status'],
  businessCoupons: ['v3/business-coupon.yaml', 'coupon_state'],
  authorizations: ['v3/merchant-transfer-authorization.yaml', 'state'],
  withdrawals: ['v3/merchant-withdraw.yaml', 'status'],
  ecommerceApplyments: ['v3/ecommerce-applyment.yaml', 'applyment_state'],
  payrollRelations: ['v3/payroll-card.yaml', 'authorize_state'],
  fapiaos: ['v3/fapiao.yaml', 'status'],
  medicalOrders: ['v3/medical-insurance.yaml', 'mix_pay_status'],
  redPackets: ['v2/red-pack.yaml', 'status'],
}

/** Returns the official names (`x-enum-labels`) of the values of all fields of one name. */
function labelsIn(value: unknown, field: string, name = ''): [code: string, label: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'x-enum-labels' && name === field
      ? (Object.entries(member) as [string, string][])
      : labelsIn(member, field, /^\d+$|^schema$/.test(key) ? name : key),
  )
}

test.each(Object.entries(OFFICIAL))('the Chinese words of %s are those of the definitions', (name, [file, field]) => {
  const text = readFileSync(new URL(`../../../src/definitions/${file}`, import.meta.url), 'utf8')
  const labels = labelsIn(parse(text), field)
  const words = STATE_WORDS[name as ShownMachine]
  const shown = labels.filter(([code]) => words[code])
  expect(shown.length).toBeGreaterThan(0)
  const differing = shown.filter(([code, label]) => words[code]!.zh !== label)
  expect(
    differing.filter(([code]) => !shown.some(([other, label]) => other === code && words[code]!.zh === label)),
  ).toEqual([])
})
