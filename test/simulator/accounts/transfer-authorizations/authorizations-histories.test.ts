import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HOUR } from '../../../../src/core/base/time.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

const act = fc.constantFrom('confirm', 'close', 'user-close', 'transfer', 'wait', 'accept')
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [('confirm' | 'close' | 'user-close' | 'transfer' | 'wait' | 'accept')[], boolean][] = [
  [['transfer', 'close', 'confirm', 'confirm', 'transfer', 'close', 'user-close', 'transfer', 'confirm'], false],
  [['wait', 'wait', 'wait', 'confirm', 'transfer'], false],
  [['accept', 'wait', 'transfer', 'user-close', 'transfer'], true],
]

it('only an authorization in effect transfers without a confirmation, and the money adds up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), fc.boolean(), async (acts, isWithTransfer) => {
      const accounts = createTestAccounts()
      const { funds, transfers, transferAuthorizations: of, scheduler } = accounts
      funds.deposit('1', 'OPERATION', 500)
      const bill = (out_bill_no: string) => ({
        out_bill_no,
        appid: 'wx',
        mchid: '1',
        openid: 'o',
        transfer_amount: 100,
        transfer_remark: 'r',
        fingerprint: '1',
      })
      if (isWithTransfer) transfers.place(bill('B'))
      of.request({
        out_authorization_no: 'A',
        mchid: '1',
        appid: 'wx',
        openid: 'o',
        transfer_scene_id: '1005',
        user_display_name: '张*',
        fingerprint: '1',
        ...(isWithTransfer && { out_bill_no: 'B' }),
      })
      let model = 'WAIT_USER_CONFIRM'
      for (const [at, step] of acts.entries()) {
        let isDone = true
        if (step === 'wait') await scheduler.advance(9 * HOUR)
        else if (step === 'confirm') {
          isDone = isAccepted(() => of.confirm('A'))
          expect(isDone).toBe(model === 'WAIT_USER_CONFIRM')
          if (isDone) model = 'TAKING_EFFECT'
        } else if (step === 'accept') isDone = isAccepted(() => transfers.confirm('B'))
        else if (step === 'transfer') {
          isDone = isAccepted(() => {
            const { openid } = of.requireEffective({ out_authorization_no: 'A' })
            transfers.placeConfirmed({ ...bill(`T${at}`), openid })
          })
          if (isDone) expect(model).toBe('TAKING_EFFECT')
        } else {
          isDone = isAccepted(() => of.close('A', step === 'close' ? 'CLOSE_VIA_MCH_API' : 'USER_CLOSE'))
          expect(isDone).toBe(model !== 'WAIT_USER_CONFIRM')
          if (isDone) model = 'CLOSED'
        }
        seen.add(`${step} ${isDone}`)
        if (step === 'wait' && model === 'WAIT_USER_CONFIRM') {
          const isAcceptedBill = transfers.find('B')?.state === 'SUCCESS'
          const { createdAt } = of.require('A')
          if (isAcceptedBill) model = 'TAKING_EFFECT'
          else if (scheduler.now() >= createdAt + 24 * HOUR) model = 'CLOSED'
        }
        expect(of.require('A').state).toBe(model)
        expectBalancesToBeMovements(accounts, ['1'])
      }
      const restored = createTestAccounts(accounts.state.snapshot())
      expect(restored.transferAuthorizations.require('A')).toEqual(of.require('A'))
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ['confirm', 'close', 'transfer'])
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})
