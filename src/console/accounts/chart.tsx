import type { AccountHistory } from '../../simulator/control/account-history.ts'
import { moneyOf } from '../money.ts'
import type { AccountWords } from './words.ts'

const WIDTH = 640
const HEIGHT = 160
const EDGE = 8

/** Draws the balance of an account over simulated time, as steps. */
export function BalanceChart({ history, words }: { readonly history: AccountHistory; readonly words: AccountWords }) {
  const { movements, type } = history
  const [first] = movements
  const last = movements.at(-1)
  if (!first || !last) return <p class="dim">{words.noMovements}</p>
  const start = first.balance - first.amount
  const balances = [start, ...movements.map(({ balance }) => balance)]
  const [low, high] = [Math.min(...balances), Math.max(...balances)]
  const span = Math.max(1, last.at - first.at)
  const x = (at: number): number => EDGE + ((at - first.at) / span) * (WIDTH - 2 * EDGE)
  const y = (balance: number): number =>
    HEIGHT - EDGE - ((balance - low) / Math.max(1, high - low)) * (HEIGHT - 2 * EDGE)
  const steps = movements.map(({ at, balance }) => `H${x(at).toFixed(1)}V${y(balance).toFixed(1)}`)
  const path = `M${EDGE} ${y(start).toFixed(1)}${steps.join('')}H${WIDTH - EDGE}`
  const time = (at: number): string => new Date(at).toLocaleString()
  return (
    <figure class="chart">
      <div class="scale dim">
        <span>{moneyOf(high)}</span>
        <span>{moneyOf(low)}</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.chart(words.types[type], moneyOf(start), moneyOf(last.balance), movements.length)}
      >
        <path class="grid" d={`M0 ${EDGE}H${WIDTH}M0 ${HEIGHT - EDGE}H${WIDTH}`} />
        <path d={path} />
      </svg>
      <figcaption class="dim">
        <span>{time(first.at)}</span>
        {last.at > first.at && <span>{time(last.at)}</span>}
      </figcaption>
    </figure>
  )
}
