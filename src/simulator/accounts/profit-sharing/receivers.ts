import type { State } from '../../state/state.ts'

export type ReceiverType = 'MERCHANT_ID' | 'PERSONAL_OPENID' | 'PERSONAL_SUB_OPENID'

/** A receiver of shares (分账接收方). */
export interface Receiver {
  readonly type: ReceiverType
  readonly account: string
  /** Decrypted. */
  readonly name?: string | undefined
  readonly relation_type?: string | undefined
  readonly custom_relation?: string | undefined
}

export type ReceiverAccount = Pick<Receiver, 'type' | 'account'>

/** The receivers that each merchant has added. `mchid` is the merchant that shares. */
export interface Receivers {
  add(mchid: string, receiver: Receiver): Receiver
  remove(mchid: string, receiver: ReceiverAccount): void
  find(mchid: string, receiver: ReceiverAccount): Receiver | undefined
}

export function createReceivers(state: State): Receivers {
  const receivers = state.map<Receiver>('sharing-receivers')
  const keyOf = (mchid: string, { type, account }: ReceiverAccount): string => `${mchid}/${type}/${account}`
  return {
    add(mchid, receiver) {
      receivers.set(keyOf(mchid, receiver), receiver)
      return receiver
    },
    remove(mchid, receiver) {
      receivers.delete(keyOf(mchid, receiver))
    },
    find: (mchid, receiver) => receivers.get(keyOf(mchid, receiver)),
  }
}
