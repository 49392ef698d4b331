import type { AccountHistory } from '../../simulator/control/account-history.ts'
import { moneyOf } from '../money.ts'
import { useLive } from '../use-action.ts'
import { BalanceChart } from './chart.tsx'
import { MerchantChoice } from './merchant-choice.tsx'
import { useAccountWords } from './words.ts'

/** Movements of an account that are listed below its chart. */
const LISTED = 10

/** The accounts of a merchant: balances, their course over simulated time, and the last movements. */
export function AccountsView() {
  const words = useAccountWords()
  const [accounts] = useLive<AccountHistory[]>('/accounts')
  return (
    <main class="view">
      <link rel="stylesheet" href="accounts.css" />
      <MerchantChoice hasFolder />
      {accounts?.map(history => (
        <section key={history.type}>
          <h2>{words.types[history.type]}</h2>
          <p>
            {words.available} <strong>{moneyOf(history.balance.available)}</strong>
            {history.balance.pending !== 0 && (
              <span class="dim">
                {' '}
                · {words.pending} {moneyOf(history.balance.pending)}
              </span>
            )}
          </p>
          <BalanceChart history={history} words={words} />
          {history.movements.length > 0 && (
            <details>
              <summary>{words.movements}</summary>
              <ul class="items">
                {history.movements
                  .slice(-LISTED)
                  .reverse()
                  .map(({ at, business, amount, balance }, position) => (
                    <li key={position}>
                      <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleString()}</time>
                      <span class="description" lang="zh-CN">
                        {business}
                      </span>
                      <strong>{moneyOf(amount)}</strong>
                      <span class="dim">{moneyOf(balance)}</span>
                    </li>
                  ))}
              </ul>
            </details>
          )}
        </section>
      ))}
    </main>
  )
}
