import type { Product } from './product.ts'
import { joined } from './product.ts'
import type { ProductWords } from './words.ts'

/** Products of merchants themselves: withdrawals, applyments, and changes of settlement accounts. */
export const MERCHANTS: readonly Product[] = [
  {
    title: 'withdrawals',
    rowsOf: ({ lists, words }) =>
      lists.withdrawals.map(({ out_request_no, sub_mchid, status, amount, account_type, remark, reason }) => {
        const settle = (result: string) => ({
          path: '/withdrawal-result',
          input: { out_request_no, sub_mchid, status: result },
        })
        const asks = [{ name: 'reason', label: words.reason, initial: words.bankReason }]
        return {
          id: `${sub_mchid} ${out_request_no}`,
          number: out_request_no,
          machine: 'withdrawals',
          state: status,
          description:
            joined(words.accounts[account_type], sub_mchid && words.ofMerchant(sub_mchid), remark) ?? account_type,
          amount,
          note: reason,
          actions: [
            { event: 'succeed', label: words.withdrawalSucceeds, ...settle('SUCCESS') },
            { event: 'fail', label: words.withdrawalFails, ...settle('FAIL'), asks },
            { event: 'close', label: words.withdrawalCloses, ...settle('CLOSE') },
            { event: 'bounce', label: words.withdrawalBounces, ...settle('REFUND'), asks },
          ],
        }
      }),
  },
  {
    title: 'applyments',
    rowsOf: ({ lists, machines, words }) =>
      lists.applyments.map(({ kind, number, state, sub_mchid, rejected }) => {
        const machine = MACHINES[kind]
        const reviews = (machines?.[machine].transitions ?? []).filter(({ from }) => from === state)
        return {
          id: `${kind} ${number}`,
          number,
          machine,
          state,
          description: joined(words.applymentKinds[kind], sub_mchid && words.ofMerchant(sub_mchid)) ?? kind,
          note: joined(...rejected.map(({ field, reject_reason }) => `${field}: ${reject_reason}`)),
          actions: reviews
            .filter(({ event }) => isReview(event, words))
            .map(({ event, to }) => ({
              event,
              label: words.reviews[event as keyof ProductWords['reviews']],
              path: '/review-applyment',
              input: { number, applyment_state: to },
              asks: REJECTIONS.has(event)
                ? [
                    { name: 'field', label: words.rejectedField, initial: 'id_card_copy' },
                    { name: 'reject_reason', label: words.reason, initial: words.rejectedSample },
                  ]
                : undefined,
            })),
        }
      }),
  },
  {
    title: 'settlementChanges',
    rowsOf: ({ lists, words }) =>
      lists.settlementChanges.map(({ application_no, sub_mchid, result, account, fail_reason }) => {
        const action = { path: '/settlement-result', input: { application_no } }
        return {
          id: application_no,
          number: application_no,
          machine: 'settlementChanges',
          state: result,
          description: `${account.account_bank} ${account.account_number} · ${words.ofMerchant(sub_mchid)}`,
          note: fail_reason,
          actions: [
            { event: 'pass', label: words.settlementPasses, ...action },
            {
              event: 'fail',
              label: words.settlementFails,
              ...action,
              asks: [{ name: 'fail_reason', label: words.reason, initial: words.settlementSample }],
            },
          ],
        }
      }),
  },
]

const MACHINES = { applyment4sub: 'applyments', ecommerce: 'ecommerceApplyments' } as const

/** Events that name the fields which are rejected. */
const REJECTIONS: ReadonlySet<string> = new Set(['reject', 'freeze'])

/** Returns whether an event is a review, and no call of the merchant. */
const isReview = (event: string, { reviews }: ProductWords): boolean => Object.hasOwn(reviews, event)
