import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { ownOrSubMerchant } from '../../request/sub-merchant.ts'
import { buyerBody, SELLER, STAFF } from '../../resources/fapiao.ts'
import type { Route } from '../../route.ts'

export const ROOT = '/v3/new-tax-control-fapiao'
const RULES: Rules = {
  fapiao_apply_id: { maxLength: 32 },
  total_amount: { minimum: 1 },
  callback_url: { pattern: /^https?:\/\/\S{1,250}$/ },
}

/** 电子发票: the merchant's options, the template of cards, and the titles that users fill in. */
export const fapiaoTitleRoutes: readonly Route[] = [
  {
    endpoint: `PATCH ${ROOT}/merchant/development-config`,
    rules: RULES,
    handle: ({ body: { sub_mch_code, ...change } }, context) => ({
      status: 200,
      body: context.fapiaos.settings.configure(ownOrSubMerchant(sub_mch_code, context), change),
    }),
  },
  {
    endpoint: `GET ${ROOT}/merchant/development-config`,
    handle: ({ query }, context) => ({
      status: 200,
      body: context.fapiaos.settings.config(ownOrSubMerchant(query.sub_mch_code, context)),
    }),
  },
  {
    endpoint: `GET ${ROOT}/merchant/base-information`,
    handle: () => ({ status: 200, body: { seller_information: SELLER, extra_information: STAFF } }),
  },
  {
    endpoint: `POST ${ROOT}/card-template`,
    handle({ body: { card_appid } }, { fapiaos }) {
      return { status: 200, body: { card_appid, card_id: fapiaos.settings.createTemplate(String(card_appid)) } }
    },
  },
  {
    endpoint: `GET ${ROOT}/user-title/title-url`,
    rules: RULES,
    handle({ query }, context) {
      const { fapiao_apply_id, openid, source } = query
      context.fapiaos.titles.request({
        fapiao_apply_id: fapiao_apply_id!,
        mchid: context.merchant.mchid,
        sub_mchid: ownOrSubMerchant(query.sub_mchid, context),
        openid,
        total_amount: Number(query.total_amount),
      })
      const page = `pages/fapiao/title?fapiao_apply_id=${encodeURIComponent(fapiao_apply_id!)}`
      return {
        status: 200,
        body:
          source === 'WEB'
            ? { title_url: `https://payapp.weixin.qq.com/${page}` }
            : {
                miniprogram_appid: 'wx9db2c16d0633c2e7',
                miniprogram_path: page,
                miniprogram_user_name: 'gh_86a091e50ad4@app',
              },
      }
    },
  },
  {
    endpoint: `GET ${ROOT}/user-title`,
    async handle({ query }, context) {
      const { fapiao_apply_id } = query
      const sub_mchid = ownOrSubMerchant(query.sub_mchid, context)
      const title = context.fapiaos.titles.find({ fapiao_apply_id: fapiao_apply_id!, sub_mchid })
      if (!title?.buyer || title.scene !== query.scene) throw new Rejection('FAPIAO_TITLE_UNKNOWN', fapiao_apply_id)
      return { status: 200, body: await buyerBody(title.buyer, context) }
    },
  },
]
