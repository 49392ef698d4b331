import type { DefinedError } from './definition.ts'
import { useExplorerWords } from './words.ts'

/** A table of documented error codes. */
export function ErrorTable({ title, errors }: { title: string; errors: readonly DefinedError[] }) {
  const words = useExplorerWords()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll a wide table
    <section class="table-scroll" aria-label={title} tabIndex={0}>
      <table class="errors">
        <thead>
          <tr>
            <th scope="col">{words.code}</th>
            <th scope="col">{words.httpStatus}</th>
            <th scope="col">{words.meaning}</th>
            <th scope="col">{words.remedy}</th>
          </tr>
        </thead>
        <tbody>
          {errors.map(({ code, status, label, remedy }) => (
            <tr key={`${code} ${status} ${label}`}>
              <th scope="row">{code}</th>
              <td>{status ?? '–'}</td>
              <td lang="zh-CN">{label}</td>
              <td lang="zh-CN">{remedy ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
