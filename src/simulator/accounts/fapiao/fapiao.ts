import type { StateMachine } from '../state-machine.ts'

/** State of an invoice (发票状态). */
export type FapiaoStatus =
  | 'ISSUE_ACCEPTED'
  | 'ISSUED'
  | 'ISSUE_FAILED'
  | 'REVERSE_ACCEPTED'
  | 'REVERSED'
  | 'REVERSE_FAILED'

/** Events of an invoice: the merchant reverses it (冲红); the tax office issues or reverses it, or refuses to. */
export type FapiaoEvent = 'issue' | 'fail-issue' | 'reverse' | 'finish-reversal' | 'fail-reversal'

/**
 * States of an invoice. A reversal that has failed can be tried again.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012531753
 * @see https://pay.weixin.qq.com/doc/v3/partner/4015792575
 */
export const FAPIAO_STATES: StateMachine<FapiaoStatus, FapiaoEvent> = {
  initial: ['ISSUE_ACCEPTED', 'ISSUED'],
  transitions: [
    { from: 'ISSUE_ACCEPTED', event: 'issue', to: 'ISSUED' },
    { from: 'ISSUE_ACCEPTED', event: 'fail-issue', to: 'ISSUE_FAILED' },
    { from: 'ISSUED', event: 'reverse', to: 'REVERSE_ACCEPTED' },
    { from: 'REVERSE_ACCEPTED', event: 'finish-reversal', to: 'REVERSED' },
    { from: 'REVERSE_ACCEPTED', event: 'fail-reversal', to: 'REVERSE_FAILED' },
    { from: 'REVERSE_FAILED', event: 'reverse', to: 'REVERSE_ACCEPTED' },
  ],
}

/** State of the card of an invoice in the user's wallet (发票卡券状态). */
export type CardStatus = 'INSERT_ACCEPTED' | 'INSERTED' | 'DISCARD_ACCEPTED' | 'DISCARDED'

export const CARD_STATES: StateMachine<CardStatus, 'insert' | 'discard' | 'finish-discard'> = {
  initial: ['INSERT_ACCEPTED'],
  transitions: [
    { from: 'INSERT_ACCEPTED', event: 'insert', to: 'INSERTED' },
    { from: 'INSERTED', event: 'discard', to: 'DISCARD_ACCEPTED' },
    { from: 'DISCARD_ACCEPTED', event: 'finish-discard', to: 'DISCARDED' },
  ],
}

export type FapiaoScene = 'WITH_WECHATPAY' | 'WITHOUT_WECHATPAY'

/** The title (购买方信息, 抬头), with WeChat Pay's names. */
export interface FapiaoBuyer {
  readonly type: string
  readonly name: string
  readonly taxpayer_id?: string | undefined
  readonly address?: string | undefined
  readonly telephone?: string | undefined
  readonly bank_name?: string | undefined
  readonly bank_account?: string | undefined
  readonly phone?: string | undefined
  readonly email?: string | undefined
  readonly [field: string]: unknown
}

/** A line of an invoice (发票行), with WeChat Pay's names and amounts in fen. */
export interface FapiaoItem {
  readonly tax_code: string
  readonly goods_name?: string | undefined
  readonly specification?: string | undefined
  readonly unit?: string | undefined
  /** In units of 10^-8. */
  readonly quantity?: number | undefined
  /** With the tax. */
  readonly total_amount: number
  /** In units of 0.01 %. */
  readonly tax_rate?: number | undefined
  readonly tax_prefer_mark?: string | undefined
  readonly discount: boolean
}

/** An invoice as the merchant requests it. */
export interface FapiaoDraft {
  readonly fapiao_id: string
  /** Fen, with the tax. */
  readonly total_amount: number
  readonly remark?: string | undefined
  readonly items: readonly FapiaoItem[]
}

/** Numbers of an issued invoice, the blue one (蓝字) or the red one (红字) that reverses it. */
export interface FapiaoNumbers {
  readonly fapiao_code: string
  readonly fapiao_number: string
  readonly check_code: string
  readonly password: string
  /** RFC 3339 */
  readonly fapiao_time: string
}

export interface FapiaoCard {
  readonly card_appid: string
  readonly card_openid: string
  readonly card_id?: string | undefined
  readonly card_code: string
  readonly card_status: CardStatus
}

export interface Fapiao extends FapiaoDraft {
  /** Set for an invoice that the merchant has issued elsewhere. */
  readonly fapiao_media_id?: string
  readonly status: FapiaoStatus
  readonly blue?: FapiaoNumbers
  readonly red?: FapiaoNumbers
  readonly card?: FapiaoCard
  /** Time of what the tax office or the wallet does next, if anything, ms. */
  readonly dueAt: number
  /** Set once issuing or reversing has failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** An application for invoices (发票申请单) as the merchant requests it. */
export interface FapiaoApplicationDraft {
  readonly fapiao_apply_id: string
  /** Merchant, or service provider, that called. */
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  readonly scene: FapiaoScene
  readonly buyer: FapiaoBuyer
  /** Transactions that the invoices are for, if the merchant names them (交易信息). */
  readonly transactions?: readonly string[] | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface FapiaoApplication extends FapiaoApplicationDraft {
  readonly fapiaos: readonly Fapiao[]
}

/** Names an application. */
export interface FapiaoApplicationName {
  readonly fapiao_apply_id: string
  readonly sub_mchid?: string | undefined
}

/** Returns the key of an application. */
export const fapiaoKey = ({ fapiao_apply_id, sub_mchid = '' }: FapiaoApplicationName): string =>
  `${sub_mchid}/${fapiao_apply_id}`

/** Tax of a line for which the merchant names no rate: 13 %, as the simulator's table of goods (商品和服务税收分类) has it. */
export const DEFAULT_TAX_RATE = 1300

/** Returns the tax that an amount contains, in fen. */
export const taxOf = ({ total_amount, tax_rate = DEFAULT_TAX_RATE }: FapiaoItem): number =>
  Math.round((total_amount * tax_rate) / (10_000 + tax_rate))

/** An application has changed: its invoices are issued or reversed, or their cards are in the wallet or out of it. */
export interface FapiaoChanged {
  readonly type: 'fapiao-issued' | 'fapiao-reversed' | 'fapiao-card-inserted' | 'fapiao-card-discarded'
  readonly application: FapiaoApplication
  readonly notify_url: string | undefined
}

/** A user has filled in the title (用户发票抬头填写完成). */
export interface FapiaoTitleFilled {
  readonly type: 'fapiao-title-filled'
  readonly title: FapiaoTitle
  readonly notify_url: string | undefined
}

/** A title that a user is to fill in, or has filled in. */
export interface FapiaoTitle extends FapiaoApplicationName {
  readonly mchid: string
  readonly scene: FapiaoScene
  readonly openid?: string | undefined
  /** Fen; the invoices must not exceed it. */
  readonly total_amount?: number | undefined
  readonly buyer?: FapiaoBuyer
  /** ms */
  readonly filledAt?: number
}

/** Options of the merchant (开发选项), with WeChat Pay's names. */
export interface FapiaoConfig {
  readonly callback_url: string
  readonly show_fapiao_cell: boolean
  readonly support_vat_fapiao: boolean
}
