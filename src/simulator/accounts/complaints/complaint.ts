import type { StateMachine } from '../state-machine.ts'

/** 投诉单状态. */
export type ComplaintState = 'PENDING' | 'PROCESSING' | 'PROCESSED'

/**
 * Events of a complaint: the shopper writes, asks WeChat Pay's staff for help, or complains again; the merchant answers, decides about the
 * refund, or says that all is settled; a refund that the merchant has approved arrives.
 */
export type ComplaintChange =
  | 'respond'
  | 'call-staff'
  | 'complain-again'
  | 'answer'
  | 'approve-refund'
  | 'reject-refund'
  | 'complete'
  | 'refund'

/**
 * States of a complaint (投诉单状态). The first act of the merchant makes a pending complaint one that is processed.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012289719
 */
export const COMPLAINT_STATES: StateMachine<ComplaintState, ComplaintChange> = {
  initial: ['PENDING'],
  transitions: [
    { from: 'PENDING', event: 'respond', to: 'PENDING' },
    { from: 'PENDING', event: 'call-staff', to: 'PENDING' },
    { from: 'PENDING', event: 'answer', to: 'PROCESSING' },
    { from: 'PENDING', event: 'approve-refund', to: 'PROCESSING' },
    { from: 'PENDING', event: 'reject-refund', to: 'PROCESSED' },
    { from: 'PENDING', event: 'complete', to: 'PROCESSED' },
    { from: 'PROCESSING', event: 'respond', to: 'PROCESSING' },
    { from: 'PROCESSING', event: 'call-staff', to: 'PROCESSING' },
    { from: 'PROCESSING', event: 'answer', to: 'PROCESSING' },
    { from: 'PROCESSING', event: 'approve-refund', to: 'PROCESSING' },
    { from: 'PROCESSING', event: 'reject-refund', to: 'PROCESSED' },
    { from: 'PROCESSING', event: 'complete', to: 'PROCESSED' },
    { from: 'PROCESSING', event: 'refund', to: 'PROCESSED' },
    { from: 'PROCESSED', event: 'answer', to: 'PROCESSED' },
    { from: 'PROCESSED', event: 'refund', to: 'PROCESSED' },
    { from: 'PROCESSED', event: 'complain-again', to: 'PENDING' },
  ],
}

/** 问题类型. Only a complaint that asks for a refund (`REFUND`) has its refund approved or rejected. */
export type ComplaintProblem = 'REFUND' | 'SERVICE_NOT_WORK' | 'OTHERS'

/** Text and wishes of the shopper. */
export interface ComplaintText {
  readonly complaint_detail?: string | undefined
  readonly problem_description?: string | undefined
  /** Default `OTHERS`. */
  readonly problem_type?: ComplaintProblem | undefined
  /** Fen. With `REFUND` only; default the amount of the order. */
  readonly apply_refund_amount?: number | undefined
  /** Responses encrypt it for the merchant. */
  readonly payer_phone?: string | undefined
  /** Whether the shopper attaches a picture. */
  readonly has_image?: boolean | undefined
  /** Whether the shopper is served at once (即时服务用户), by `response-immediate-service`. */
  readonly need_immediate_service?: boolean | undefined
}

/** Text or images that a party adds to the negotiation. */
export interface NegotiationContent {
  readonly operate_details?: string | undefined
  /** Numbers of uploaded images. */
  readonly images?: readonly string[] | undefined
  /** Blocks of a message (新版消息格式). */
  readonly normal_message?: unknown
  /** Number by which WeChat Pay knows a repeated message. */
  readonly idempotent_id?: string | undefined
}

/** A line of the negotiation (协商历史). */
export interface NegotiationEntry extends NegotiationContent {
  readonly log_id: string
  readonly operator: string
  readonly operate_type: string
  /** ms */
  readonly at: number
}

export interface Complaint extends ComplaintText {
  readonly complaint_id: string
  readonly complaint_detail: string
  readonly problem_description: string
  readonly problem_type: ComplaintProblem
  readonly state: ComplaintState
  readonly complainted_mchid: string
  readonly transaction_id: string
  readonly out_trade_no: string
  /** Total of the order, in fen. */
  readonly amount: number
  readonly payer_openid: string
  /** ms */
  readonly createdAt: number
  readonly user_complaint_times: number
  readonly incoming_user_response: boolean
  readonly in_platform_service: boolean
  /** Whether the order is refunded in full. */
  readonly complaint_full_refunded: boolean
  /** Set once the merchant has decided about the refund. */
  readonly refund_decision?: 'APPROVE' | 'REJECT' | undefined
  readonly history: readonly NegotiationEntry[]
}

/** 动作类型 of a notification. */
export type ComplaintAction =
  | 'CREATE_COMPLAINT'
  | 'CONTINUE_COMPLAINT'
  | 'USER_RESPONSE'
  | 'RESPONSE_BY_PLATFORM'
  | 'SELLER_REFUND'
  | 'MERCHANT_RESPONSE'
  | 'MERCHANT_CONFIRM_COMPLETE'
  | 'USER_APPLY_PLATFORM_SERVICE'
  | 'USER_CANCEL_PLATFORM_SERVICE'
  | 'PLATFORM_SERVICE_FINISHED'
  | 'MERCHANT_APPROVE_REFUND'
  | 'MERCHANT_REJECT_REFUND'
  | 'REFUND_SUCCESS'

/** Actions of the shopper and of WeChat Pay's staff. */
export type ComplaintUserAction = Extract<
  ComplaintAction,
  | 'CONTINUE_COMPLAINT'
  | 'USER_RESPONSE'
  | 'RESPONSE_BY_PLATFORM'
  | 'USER_APPLY_PLATFORM_SERVICE'
  | 'USER_CANCEL_PLATFORM_SERVICE'
  | 'PLATFORM_SERVICE_FINISHED'
>
export const COMPLAINT_USER_ACTIONS: readonly ComplaintUserAction[] = [
  'CONTINUE_COMPLAINT',
  'USER_RESPONSE',
  'RESPONSE_BY_PLATFORM',
  'USER_APPLY_PLATFORM_SERVICE',
  'USER_CANCEL_PLATFORM_SERVICE',
  'PLATFORM_SERVICE_FINISHED',
]

export interface ComplaintActed {
  readonly type: 'complaint-acted'
  readonly action: ComplaintAction
  readonly complaint: Complaint
  /** Absent if the merchant has set none. */
  readonly notify_url: string | undefined
}
