import { maskName, maskNumber, type SettlementAccount } from '../../../accounts/applyments/sub-applyment.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireUploadedMedia } from '../../request/media-ids.ts'
import { ecommerceApplymentBody, subApplymentBody } from '../../resources/applyment.ts'
import type { Fields, Route, RouteInput, RouteResult } from '../../route.ts'

const SUB = '/v3/applyment4sub/applyment'
const ECOMMERCE = '/v3/ecommerce/applyments'

/** Documented: digits, letters and `_`. */
const NUMBER = { pattern: /^\w{1,124}$/ }
const RULES: Rules = { business_code: NUMBER, out_request_no: NUMBER }

/** 特约商户进件, 二级商户进件. */
export const applymentRoutes: readonly Route[] = [
  {
    endpoint: `POST ${SUB}/`,
    rules: RULES,
    handle({ body }, context) {
      requireUploadedMedia(body, context)
      const account = subAccount(body.bank_account_info as Fields)
      const { applyment_id } = context.subApplyments.submit('applyment4sub', String(body.business_code), account)
      return { status: 200, body: { applyment_id: BigInt(applyment_id) } }
    },
  },
  {
    endpoint: `GET ${SUB}/business_code/{business_code}`,
    handle: ({ path }, { subApplyments }) => ({
      status: 200,
      body: subApplymentBody(subApplyments.require('applyment4sub', path.business_code!)),
    }),
  },
  {
    endpoint: `GET ${SUB}/applyment_id/{applyment_id}`,
    handle: ({ path }, { subApplyments }) => ({
      status: 200,
      body: subApplymentBody(subApplyments.requireById('applyment4sub', path.applyment_id!)),
    }),
  },
  { endpoint: `POST ${ECOMMERCE}/`, rules: RULES, handle: submitEcommerce },
  { endpoint: `POST ${ECOMMERCE}/submit-account-hosting-applyment`, rules: RULES, handle: submitEcommerce },
  {
    endpoint: `GET ${ECOMMERCE}/out-request-no/{out_request_no}`,
    handle: async ({ path }, context) => ({
      status: 200,
      body: await ecommerceApplymentBody(context.subApplyments.require('ecommerce', path.out_request_no!), context),
    }),
  },
  {
    endpoint: `GET ${ECOMMERCE}/{applyment_id}`,
    handle: async ({ path }, context) => ({
      status: 200,
      body: await ecommerceApplymentBody(context.subApplyments.requireById('ecommerce', path.applyment_id!), context),
    }),
  },
  {
    endpoint: `POST ${ECOMMERCE}/out-request-no/{out_request_no}/revoke`,
    handle({ path }, { subApplyments }) {
      const { applyment_id, number } = subApplyments.revoke(subApplyments.require('ecommerce', path.out_request_no!))
      return { status: 200, body: { applyment_id: BigInt(applyment_id), out_request_no: number } }
    },
  },
  {
    endpoint: `POST ${ECOMMERCE}/{applyment_id}/revoke`,
    handle({ path }, { subApplyments }) {
      const { applyment_id, number } = subApplyments.revoke(subApplyments.requireById('ecommerce', path.applyment_id!))
      return { status: 200, body: { applyment_id: BigInt(applyment_id), out_request_no: number } }
    },
  },
]

function submitEcommerce({ body }: RouteInput, context: SimulatorContext): RouteResult {
  requireUploadedMedia(body, context)
  const account = ecommerceAccount(body.account_info as Fields)
  const { applyment_id, number } = context.subApplyments.submit('ecommerce', String(body.out_request_no), account)
  return { status: 200, body: { applyment_id: BigInt(applyment_id), out_request_no: number } }
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

/** Reads the parts of an account that both products name alike. */
const readAccount = (fields: Fields, account_type: SettlementAccount['account_type']): SettlementAccount => ({
  account_type,
  account_bank: textOf(fields.account_bank) ?? '',
  bank_name: textOf(fields.bank_name),
  bank_branch_id: textOf(fields.bank_branch_id),
  bank_address_code: textOf(fields.bank_address_code),
  account_number: maskNumber(textOf(fields.account_number) ?? ''),
  account_name: maskName(textOf(fields.account_name) ?? ''),
})

const subAccount = (fields: Fields): SettlementAccount =>
  readAccount(
    fields,
    fields.bank_account_type === 'BANK_ACCOUNT_TYPE_PERSONAL' ? 'ACCOUNT_TYPE_PRIVATE' : 'ACCOUNT_TYPE_BUSINESS',
  )

/** `75` is a private account (对私账户). */
const ecommerceAccount = (fields: Fields): SettlementAccount =>
  readAccount(fields, fields.bank_account_type === '75' ? 'ACCOUNT_TYPE_PRIVATE' : 'ACCOUNT_TYPE_BUSINESS')
