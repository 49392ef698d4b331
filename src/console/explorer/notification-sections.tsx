import type { DefinedNotification } from './definition.ts'
import { FieldTable } from './field-table.tsx'
import { rowsOf, type Tables } from './fields.ts'
import { OfficialPages } from './official-pages.tsx'
import { useExplorerWords } from './words.ts'

/** Everything that the definitions say about a notification. */
export function NotificationSections({ notification, tables }: { notification: DefinedNotification; tables: Tables }) {
  const words = useExplorerWords()
  const { docs, message, resource } = notification
  const sections = [
    ...(resource === undefined ? [] : [[words.resource, resource] as const]),
    [words.message, message] as const,
  ]
  return (
    <>
      <OfficialPages docs={docs} />
      {sections.map(([title, number]) => (
        <section key={title} class="block">
          <h3>{title}</h3>
          <FieldTable title={title} rows={rowsOf(tables.schemas[number]!, tables)} />
        </section>
      ))}
    </>
  )
}
