import type { WatchRow } from '../../gateway/store/call/watches.ts'
import { useStore } from '../store.ts'
import { ConfirmedButton, Outcome, ReadProblem } from './action.tsx'
import { timeOf } from './format.ts'
import { framed } from './frame.tsx'
import { merchantPath, selectedMchid } from './merchant.ts'
import { ListEnd } from './older.tsx'
import { useGatewayActions } from './use-action.ts'
import { useList } from './use-list.ts'
import { useGatewayWords } from './words.ts'

/** Calls whose outcome nobody knows. */
export const DoubtsView = framed(() => {
  const words = useGatewayWords()
  const mchid = useStore(selectedMchid)
  const list = useList<WatchRow>(
    mchid === undefined ? undefined : merchantPath(mchid, '/doubts'),
    'doubts',
    ({ id }) => id,
  )
  const actions = useGatewayActions(list.reload)
  return (
    <>
      <p class="dim">{words.doubtsHelp}</p>
      <Outcome actions={actions} />
      <ReadProblem problem={list.problem} />
      {list.rows?.length === 0 && <p>{words.noDoubts}</p>}
      {list.rows && list.rows.length > 0 && (
        <ul class="items">
          {list.rows.map(({ id, kind, number, placed_at, queries }) => (
            <li key={id}>
              <span class="state open">{kind}</span>
              <span class="description">
                <span class="number">{number}</span> <span class="dim">{words.placed(timeOf(placed_at))}</span>{' '}
                <span class="dim">{words.queries(queries)}</span>
              </span>
              <span class="buttons">
                <ConfirmedButton
                  label={words.ask}
                  of={number}
                  question={words.askQuestion}
                  actions={actions}
                  onConfirm={() => actions.run(merchantPath(mchid!, `/doubts/${id}/ask`), () => words.asked)}
                />
                <ConfirmedButton
                  label={words.dismiss}
                  of={number}
                  question={words.dismissQuestion}
                  actions={actions}
                  onConfirm={() => actions.run(merchantPath(mchid!, `/doubts/${id}/dismiss`), () => words.dismissed)}
                />
              </span>
            </li>
          ))}
        </ul>
      )}
      <ListEnd list={list} />
    </>
  )
})
