import type { Complaint, ComplaintAction, ComplaintChange } from './complaint.ts'

/** The kind of a line of the negotiation, and who adds it. */
interface Line {
  readonly operate_type: string
  readonly operator: string
}

/** The effect of an action on a complaint, and its line in the negotiation. */
interface ActionRule extends Line {
  /** Event of the table of states, which must admit it; undefined if every state admits the action and none changes. */
  readonly eventOf: (complaint: Complaint) => ComplaintChange | undefined
  /** Whether only complaints in which WeChat Pay's staff helps (平台协助) admit the action, or only others. Default: all do. */
  readonly needsStaff?: boolean
  /** Changes besides the state. */
  readonly changesOf?: (complaint: Complaint) => Partial<Omit<Complaint, 'state'>>
}

const USER = '投诉人'
const MERCHANT = '商家'
const PLATFORM = '微信支付客服'
const SYSTEM = '系统'

const always = (event: ComplaintChange) => () => event
const noEvent = () => undefined

/**
 * The actions of the parties, by 动作类型.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012289719
 */
export const ACTION_RULES: Readonly<Record<Exclude<ComplaintAction, 'CREATE_COMPLAINT'>, ActionRule>> = {
  CONTINUE_COMPLAINT: {
    operate_type: 'USER_CONTINUE_COMPLAINT',
    operator: USER,
    eventOf: always('complain-again'),
    changesOf: ({ user_complaint_times }) => ({
      user_complaint_times: user_complaint_times + 1,
      incoming_user_response: true,
      refund_decision: undefined,
    }),
  },
  USER_RESPONSE: {
    operate_type: 'USER_RESPONSE',
    operator: USER,
    eventOf: always('respond'),
    changesOf: () => ({ incoming_user_response: true }),
  },
  USER_APPLY_PLATFORM_SERVICE: {
    operate_type: 'USER_APPLY_PLATFORM_SERVICE',
    operator: USER,
    eventOf: always('call-staff'),
    needsStaff: false,
    changesOf: () => ({ in_platform_service: true }),
  },
  USER_CANCEL_PLATFORM_SERVICE: {
    operate_type: 'USER_CANCEL_PLATFORM_SERVICE',
    operator: USER,
    eventOf: noEvent,
    needsStaff: true,
    changesOf: () => ({ in_platform_service: false }),
  },
  PLATFORM_SERVICE_FINISHED: {
    operate_type: 'PLATFORM_SERVICE_FINISHED',
    operator: PLATFORM,
    eventOf: noEvent,
    needsStaff: true,
    changesOf: () => ({ in_platform_service: false }),
  },
  RESPONSE_BY_PLATFORM: { operate_type: 'PLATFORM_RESPONSE', operator: PLATFORM, eventOf: noEvent },
  MERCHANT_RESPONSE: {
    operate_type: 'MERCHANT_RESPONSE',
    operator: MERCHANT,
    eventOf: always('answer'),
    changesOf: () => ({ incoming_user_response: false }),
  },
  MERCHANT_CONFIRM_COMPLETE: {
    operate_type: 'MERCHANT_CONFIRM_COMPLETE',
    operator: MERCHANT,
    eventOf: always('complete'),
    changesOf: () => ({ incoming_user_response: false }),
  },
  MERCHANT_APPROVE_REFUND: {
    operate_type: 'MERCHANT_APPROVE_REFUND',
    operator: MERCHANT,
    eventOf: always('approve-refund'),
    changesOf: () => ({ incoming_user_response: false, refund_decision: 'APPROVE' }),
  },
  MERCHANT_REJECT_REFUND: {
    operate_type: 'MERCHANT_REFUSE_RERUND',
    operator: MERCHANT,
    eventOf: always('reject-refund'),
    changesOf: () => ({ incoming_user_response: false, refund_decision: 'REJECT' }),
  },
  SELLER_REFUND: { operate_type: 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE', operator: SYSTEM, eventOf: noEvent },
  REFUND_SUCCESS: {
    operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
    operator: SYSTEM,
    // A refund that the merchant has approved ends the complaint once it arrives.
    eventOf: ({ refund_decision }) => (refund_decision === 'APPROVE' ? 'refund' : undefined),
  },
}

/** Line of the negotiation for a refund of a part of the order, which is not notified. */
export const PARTIAL_REFUND: Line = {
  operate_type: 'COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE',
  operator: SYSTEM,
}

/** Line of the negotiation with which it begins. */
export const CREATION: Line = { operate_type: 'USER_CREATE_COMPLAINT', operator: USER }
