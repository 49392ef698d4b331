import { fingerprintOf } from '../../accounts/fingerprint.ts'
import { Rejection } from '../../accounts/rejection.ts'
import { dateTime } from '../../clock/time.ts'
import { bankKey } from '../../keys/bank-key.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Route } from '../route.ts'
import { NUMBER } from './pay.ts'

/** 企业付款到零钱, and the key that 企业付款到银行卡 encrypts with. */
export const transferRoutes: readonly Route[] = [
  {
    endpoint: 'POST /mmpaymkttransfers/promotion/transfers',
    rules: {
      partner_trade_no: { pattern: /^[\dA-Za-z]{1,32}$/ },
      check_name: { enum: ['NO_CHECK', 'FORCE_CHECK'] },
      amount: { minimum: 1 },
      desc: { maxLength: 100 },
    },
    handle(params, { enterprisePayments }) {
      const { mch_appid, mchid, device_info, partner_trade_no, openid, re_user_name, desc } = params
      if (params.check_name === 'FORCE_CHECK' && !re_user_name)
        throw new ResultRefusal('PARAM_ERROR', '参数错误，FORCE_CHECK时re_user_name必填')
      const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...parameters } = params
      const { payment_no, paidAt } = enterprisePayments.pay({
        partner_trade_no: partner_trade_no!,
        mch_appid: mch_appid!,
        mchid: mchid!,
        openid: openid!,
        re_user_name,
        amount: Number(params.amount),
        desc: desc!,
        fingerprint: fingerprintOf(parameters),
      })
      return { mch_appid, mchid, device_info, partner_trade_no, payment_no, payment_time: dateTime(paidAt) }
    },
  },
  {
    endpoint: 'POST /mmpaymkttransfers/gettransferinfo',
    rules: { partner_trade_no: NUMBER },
    handle({ partner_trade_no, appid, mch_id }, { enterprisePayments }) {
      const payment = enterprisePayments.require(partner_trade_no!)
      if (payment.mch_appid !== appid) throw new Rejection('TRANSFER_UNKNOWN', partner_trade_no)
      return {
        partner_trade_no,
        appid,
        mch_id,
        detail_id: payment.payment_no,
        status: 'SUCCESS',
        openid: payment.openid,
        transfer_name: payment.re_user_name,
        payment_amount: payment.amount,
        transfer_time: dateTime(payment.paidAt),
        payment_time: dateTime(payment.paidAt),
        desc: payment.desc,
      }
    },
  },
  {
    endpoint: 'POST /risk/getpublickey',
    handle: async ({ mch_id }, context) => ({ mch_id, pub_key: (await bankKey(context)).publicKey }),
  },
]
