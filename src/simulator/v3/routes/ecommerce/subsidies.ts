import type { SubsidyDraft, SubsidyReturnDraft } from '../../../accounts/ecommerce/subsidies.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { Route } from '../../route.ts'

const ROOT = '/v3/ecommerce/subsidies'
const RULES: Rules = { amount: { minimum: 1 }, description: { maxLength: 80 } }

/** 补差. */
export const subsidyRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/create`,
    rules: RULES,
    handle({ body }, { subsidies, merchant }) {
      const { sub_mchid, transaction_id, amount, description, refund_id, out_subsidy_no } =
        body as unknown as SubsidyDraft
      const draft = { sub_mchid, transaction_id, amount, description, refund_id, out_subsidy_no }
      const { subsidy_id, createdAt } = subsidies.create({ ...draft, sp_mchid: merchant.mchid })
      return {
        status: 200,
        body: {
          sub_mchid,
          transaction_id,
          subsidy_id,
          description,
          amount,
          out_subsidy_no,
          result: 'SUCCESS',
          success_time: rfc3339(createdAt),
        },
      }
    },
  },
  {
    endpoint: `POST ${ROOT}/return`,
    rules: RULES,
    handle({ body }, { subsidies }) {
      const { sub_mchid, out_order_no, transaction_id, refund_id, amount, description, subsidy_id, from } =
        body as unknown as SubsidyReturnDraft
      const draft = { sub_mchid, out_order_no, transaction_id, refund_id, amount, description, subsidy_id, from }
      const { subsidy_refund_id, createdAt } = subsidies.giveBack(draft)
      return {
        status: 200,
        body: { ...draft, subsidy_refund_id, result: 'SUCCESS', success_time: rfc3339(createdAt) },
      }
    },
  },
  {
    endpoint: `POST ${ROOT}/cancel`,
    rules: RULES,
    handle({ body: { sub_mchid, transaction_id, description } }, { subsidies }) {
      subsidies.cancel(String(sub_mchid), String(transaction_id))
      return { status: 200, body: { sub_mchid, transaction_id, result: 'SUCCESS', description } }
    },
  },
]
