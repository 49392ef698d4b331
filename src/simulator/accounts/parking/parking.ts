import type { StateMachine } from '../state-machine.ts'

/** State of the service of a plate (车牌服务开通状态). */
export type PlateState = 'OUT_SERVICE' | 'NORMAL' | 'PAUSE'
/** Action of a user on the service of a plate. */
export type PlateEvent = 'open' | 'pause' | 'resume' | 'close'

/**
 * States of the service of a plate. A plate that nobody has opened is `OUT_SERVICE`.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012534043
 */
export const PLATE_STATES: StateMachine<PlateState, PlateEvent> = {
  initial: ['OUT_SERVICE'],
  transitions: [
    { from: 'OUT_SERVICE', event: 'open', to: 'NORMAL' },
    { from: 'NORMAL', event: 'pause', to: 'PAUSE' },
    { from: 'NORMAL', event: 'close', to: 'OUT_SERVICE' },
    { from: 'PAUSE', event: 'resume', to: 'NORMAL' },
    { from: 'PAUSE', event: 'close', to: 'OUT_SERVICE' },
  ],
}

/** State of a parking (停车入场状态). */
export type ParkingState = 'NORMAL' | 'BLOCKED'

/**
 * States of a parking, until its fee is deducted: the service of its plate becomes available or not.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012284177
 */
export const PARKING_STATES: StateMachine<ParkingState, 'block' | 'unblock'> = {
  initial: ['NORMAL', 'BLOCKED'],
  transitions: [
    { from: 'NORMAL', event: 'block', to: 'BLOCKED' },
    { from: 'BLOCKED', event: 'unblock', to: 'NORMAL' },
  ],
}

/** Reason why the service is not available. `OVERDUE`: the user owes a fee that WeChat Pay has advanced (垫资). */
export type BlockReason = 'PAUSE' | 'OVERDUE' | 'OUT_SERVICE'

/** Names a plate, with WeChat Pay's names. */
export interface PlateName {
  /** 粤B888888 */
  readonly plate_number: string
  /** `BLUE`, `GREEN`, `YELLOW`, `BLACK`, `WHITE`, `LIMEGREEN`. */
  readonly plate_color: string
}

export interface Plate extends PlateName {
  /** User who has opened the service. */
  readonly openid: string
  readonly state: PlateState
  /** ms */
  readonly openedAt: number
  /** Keys of the orders whose fee WeChat Pay has advanced and the user has not repaid. */
  readonly owed: readonly string[]
}

/** A vehicle's entry as the merchant reports it, with WeChat Pay's names. */
export interface ParkingDraft extends PlateName {
  readonly out_parking_no: string
  /** Merchant, or service provider, that called. */
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  readonly notify_url: string
  /** RFC 3339 */
  readonly start_time: string
  readonly parking_name: string
  /** Seconds. */
  readonly free_duration: number
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface Parking extends ParkingDraft {
  /** WeChat Pay's number (停车入场 id). */
  readonly id: string
  readonly state: ParkingState
  readonly block_reason?: BlockReason | undefined
  /** Time of the last change of the state, ms. */
  readonly updatedAt: number
  /** Time at which a deduction was accepted, after which the merchant hears of the plate no longer, ms. */
  readonly endedAt?: number
}

/** The merchant's description of a parking when it deducts the fee (停车场景信息), with WeChat Pay's names. */
export interface ParkingInfo extends PlateName {
  readonly parking_id: string
  readonly start_time: string
  readonly end_time: string
  readonly parking_name: string
  /** Seconds. */
  readonly charging_duration: number
  readonly device_id: string
}

/** Returns the key of a plate: its number and its color. It contains one slash. */
export const plateKey = ({ plate_number, plate_color }: PlateName): string => `${plate_color}/${plate_number}`

/** Returns the reason why the service of a plate is not available; undefined if it is. */
export function blockReasonOf(plate: Plate | undefined): BlockReason | undefined {
  if (!plate || plate.state === 'OUT_SERVICE') return 'OUT_SERVICE'
  if (plate.state === 'PAUSE') return 'PAUSE'
  return plate.owed.length > 0 ? 'OVERDUE' : undefined
}

/** The state of a parking has changed (停车入场状态变更). */
export interface ParkingChanged {
  readonly type: 'parking-changed'
  readonly parking: Parking
}
