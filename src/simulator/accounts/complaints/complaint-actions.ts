import type { Complaint, ComplaintAction } from './complaint.ts'

/** The kind of a line of the negotiation, and who adds it. */
interface Line {
  readonly operate_type: string
  readonly operator: string
}

/** The effect of an action on a complaint, and its line in the negotiation. */
interface ActionRule extends Line {
  readonly isAllowed: (complaint: Complaint) => boolean
  readonly changesOf: (complaint: Complaint) => Partial<Complaint>
}

const USER = '投诉人'
const MERCHANT = '商家'
const PLATFORM = '微信支付客服'
const SYSTEM = '系统'

const always = () => true
const isOpen = ({ state }: Complaint): boolean => state !== 'PROCESSED'
const isEnded = (complaint: Complaint): boolean => !isOpen(complaint)
const unchanged = () => ({})
/** The first act of the merchant makes a pending complaint one that is processed. */
const answered = ({ state }: Complaint): Partial<Complaint> => ({
  state: state === 'PENDING' ? 'PROCESSING' : state,
  incoming_user_response: false,
})

/**
 * The actions of the parties, by 动作类型.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012289719
 */
export const ACTION_RULES: Readonly<Record<Exclude<ComplaintAction, 'CREATE_COMPLAINT'>, ActionRule>> = {
  CONTINUE_COMPLAINT: {
    operate_type: 'USER_CONTINUE_COMPLAINT',
    operator: USER,
    isAllowed: isEnded,
    changesOf: ({ user_complaint_times }) => ({
      state: 'PENDING',
      user_complaint_times: user_complaint_times + 1,
      incoming_user_response: true,
      refund_decision: undefined,
    }),
  },
  USER_RESPONSE: {
    operate_type: 'USER_RESPONSE',
    operator: USER,
    isAllowed: isOpen,
    changesOf: () => ({ incoming_user_response: true }),
  },
  USER_APPLY_PLATFORM_SERVICE: {
    operate_type: 'USER_APPLY_PLATFORM_SERVICE',
    operator: USER,
    isAllowed: complaint => isOpen(complaint) && !complaint.in_platform_service,
    changesOf: () => ({ in_platform_service: true }),
  },
  USER_CANCEL_PLATFORM_SERVICE: {
    operate_type: 'USER_CANCEL_PLATFORM_SERVICE',
    operator: USER,
    isAllowed: ({ in_platform_service }) => in_platform_service,
    changesOf: () => ({ in_platform_service: false }),
  },
  PLATFORM_SERVICE_FINISHED: {
    operate_type: 'PLATFORM_SERVICE_FINISHED',
    operator: PLATFORM,
    isAllowed: ({ in_platform_service }) => in_platform_service,
    changesOf: () => ({ in_platform_service: false }),
  },
  RESPONSE_BY_PLATFORM: {
    operate_type: 'PLATFORM_RESPONSE',
    operator: PLATFORM,
    isAllowed: always,
    changesOf: unchanged,
  },
  MERCHANT_RESPONSE: {
    operate_type: 'MERCHANT_RESPONSE',
    operator: MERCHANT,
    isAllowed: always,
    changesOf: answered,
  },
  MERCHANT_CONFIRM_COMPLETE: {
    operate_type: 'MERCHANT_CONFIRM_COMPLETE',
    operator: MERCHANT,
    isAllowed: isOpen,
    changesOf: () => ({ state: 'PROCESSED', incoming_user_response: false }),
  },
  MERCHANT_APPROVE_REFUND: {
    operate_type: 'MERCHANT_APPROVE_REFUND',
    operator: MERCHANT,
    isAllowed: isOpen,
    changesOf: complaint => ({ ...answered(complaint), refund_decision: 'APPROVE' }),
  },
  MERCHANT_REJECT_REFUND: {
    operate_type: 'MERCHANT_REFUSE_RERUND',
    operator: MERCHANT,
    isAllowed: isOpen,
    changesOf: () => ({ state: 'PROCESSED', incoming_user_response: false, refund_decision: 'REJECT' }),
  },
  SELLER_REFUND: {
    operate_type: 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE',
    operator: SYSTEM,
    isAllowed: always,
    changesOf: unchanged,
  },
  REFUND_SUCCESS: {
    operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
    operator: SYSTEM,
    isAllowed: always,
    // A refund that the merchant has approved ends the complaint once it arrives.
    changesOf: ({ state, refund_decision }) => ({ state: refund_decision === 'APPROVE' ? 'PROCESSED' : state }),
  },
}

/** Line of the negotiation for a refund of a part of the order, which is not notified. */
export const PARTIAL_REFUND: Line = {
  operate_type: 'COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE',
  operator: SYSTEM,
}

/** Line of the negotiation with which it begins. */
export const CREATION: Line = { operate_type: 'USER_CREATE_COMPLAINT', operator: USER }
