import type { Order } from '../../simulator/accounts/orders/order.ts'
import type { OrderEvent } from '../../simulator/accounts/orders/order-states.ts'
import type { StateMachine } from '../../simulator/accounts/state-machine.ts'

/** Only a payment by code (付款码支付) can be reversed (撤销订单); other orders are closed or refunded. */
const REVERSE: OrderEvent = 'reverse'

/** Returns the states and events of an order by its trade type, without those that only other orders have. */
export function machineOf(
  machine: StateMachine,
  { trade_type, trade_state }: Pick<Order, 'trade_type' | 'trade_state'>,
): StateMachine {
  // The simulator reverses whatever it is asked to reverse, and then the diagram must show how the order got there.
  if (trade_type === 'MICROPAY' || trade_state === 'REVOKED') return machine
  return { ...machine, transitions: machine.transitions.filter(({ event }) => event !== REVERSE) }
}
