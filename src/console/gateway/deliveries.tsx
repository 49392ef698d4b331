import { useState } from 'preact/hooks'
import type { DeliveryState, ListedDelivery } from '../../gateway/store/delivery/row.ts'
import { useStore } from '../store.ts'
import { ConfirmedButton, Outcome, ReadProblem } from './action.tsx'
import { Delivery } from './delivery.tsx'
import { timeOf } from './format.ts'
import { framed } from './frame.tsx'
import { merchantPath, merchants, selectedMchid } from './merchant.ts'
import { ListEnd } from './older.tsx'
import { useGatewayActions } from './use-action.ts'
import { useList } from './use-list.ts'
import { useGatewayWords } from './words.ts'

const STATES = ['all', 'pending', 'dead', 'delivered', 'asking'] as const
type Filter = 'all' | DeliveryState

/** Deliveries to the merchant's endpoints, by their state; dead letters, which are delivered again one by one or all together. */
export const DeliveriesView = framed(() => {
  const words = useGatewayWords()
  const mchid = useStore(selectedMchid)
  const [state, setState] = useState<Filter>('all')
  const query = state === 'all' ? '' : `?state=${state}`
  const list = useList<ListedDelivery>(
    mchid === undefined ? undefined : merchantPath(mchid, `/deliveries${query}`),
    'deliveries',
    ({ id }) => id,
  )
  const actions = useGatewayActions(list.reload)
  return (
    <>
      <Circuits />
      <div class="buttons">
        <label class="field">
          {words.state}
          <select value={state} onChange={event => setState(event.currentTarget.value as Filter)}>
            {STATES.map(value => (
              <option key={value} value={value}>
                {words.states[value]}
              </option>
            ))}
          </select>
        </label>
        {mchid !== undefined && (
          <ConfirmedButton
            label={words.replayAll}
            question={words.replayAllQuestion}
            actions={actions}
            onConfirm={() =>
              actions.run<{ deliveries: readonly number[]; more: boolean }>(
                merchantPath(mchid, '/dead/replay'),
                ({ deliveries, more }) => `${words.sent(deliveries.length)} ${more ? words.more : ''}`,
              )
            }
          />
        )}
      </div>
      <Outcome actions={actions} />
      <ReadProblem problem={list.problem} />
      {list.rows?.length === 0 && <p class="dim">{words.none}</p>}
      {list.rows && list.rows.length > 0 && (
        <ul class="items">
          {list.rows.map(row => (
            <Delivery key={row.id} row={row} actions={actions} />
          ))}
        </ul>
      )}
      <ListEnd list={list} />
    </>
  )
})

/** Endpoints to which nothing is sent, because they have not responded. */
function Circuits() {
  const words = useGatewayWords()
  const mchid = useStore(selectedMchid)
  const circuits = useStore(merchants)?.find(row => row.mchid === mchid)?.circuits ?? []
  if (circuits.length === 0) return null
  return (
    <section>
      <h2>{words.openCircuits}</h2>
      <ul class="items">
        {circuits.map(({ endpoint, failures, retry_at }) => (
          <li key={endpoint}>
            <span class="state bad">{endpoint}</span>
            <span class="description">{words.circuit(failures, timeOf(retry_at))}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
