import { labelled } from '../labelled.ts'
import type { DefinedEndpoint, DefinedError } from './definition.ts'
import { ErrorTable } from './error-table.tsx'
import { FieldTable } from './field-table.tsx'
import { rowsOf, rowsOfFields, type Tables } from './fields.ts'
import { OfficialPages } from './official-pages.tsx'
import { TrySection } from './try/try-section.tsx'
import { useExplorerWords } from './words.ts'

interface EndpointSectionsProps {
  readonly endpoint: DefinedEndpoint
  readonly tables: Tables
  /** The error codes that every endpoint of APIv3 has. */
  readonly commonErrors: readonly DefinedError[]
}

/** Everything that the definitions say about an endpoint. */
export function EndpointSections({ endpoint, tables, commonErrors }: EndpointSectionsProps) {
  return (
    <>
      <Notes endpoint={endpoint} />
      <TrySection endpoint={endpoint} tables={tables} />
      <RequestFields endpoint={endpoint} tables={tables} />
      <ResponseFields endpoint={endpoint} tables={tables} />
      <Errors endpoint={endpoint} commonErrors={commonErrors} />
    </>
  )
}

function Notes({ endpoint }: { endpoint: DefinedEndpoint }) {
  const words = useExplorerWords()
  const { docs, deprecated, retired, mtls, ipAllowList, unconfirmed, settledBy, idempotentBy, servers } = endpoint
  const notes = [
    retired ? words.retired(retired) : deprecated && words.deprecated,
    mtls && words.mtls,
    ipAllowList && words.ipAllowList,
    idempotentBy && words.idempotentBy(idempotentBy),
    unconfirmed && words.unconfirmed,
    servers && labelled(words.servers, servers.join(', ')),
  ].filter(note => typeof note === 'string')
  return (
    <>
      <OfficialPages docs={docs} />
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {settledBy && <SettledBy query={settledBy} api={endpoint.api} />}
    </>
  )
}

/** @param query method and path as in the definitions, APIv2 without `/v2` */
function SettledBy({ query, api }: { query: string; api: string }) {
  const words = useExplorerWords()
  const [method = '', path = ''] = query.split(' ')
  const name = api === 'v2' ? `/v2${path}` : path
  return (
    <p>
      {words.settledBy}{' '}
      <a class="name" href={`#${name}?method=${method}`}>
        {method} {name}
      </a>
    </p>
  )
}

function RequestFields({ endpoint, tables }: { endpoint: DefinedEndpoint; tables: Tables }) {
  const words = useExplorerWords()
  const { placeholders, query, headers, body } = endpoint
  const groups = [
    [words.placeholders, rowsOfFields(placeholders, tables)],
    [words.query, rowsOfFields(query, tables)],
    [words.headers, rowsOfFields(headers, tables)],
    [words.body, body ? rowsOf(tables.schemas[body.schema]!, tables) : []],
  ] as const
  const shown = groups.filter(([, rows]) => rows.length > 0)
  return (
    <>
      {shown.length === 0 && <p class="dim block">{words.noRequest}</p>}
      {shown.map(([title, rows]) => (
        <section key={title} class="block">
          <h3>{title}</h3>
          <FieldTable title={title} rows={rows} />
        </section>
      ))}
    </>
  )
}

function ResponseFields({ endpoint: { response }, tables }: { endpoint: DefinedEndpoint; tables: Tables }) {
  const words = useExplorerWords()
  const message = response.failure ?? response.schema
  const rows = message === undefined ? [] : rowsOf(tables.schemas[message]!, tables)
  const kinds = {
    json: words.noFields,
    xml: words.noFields,
    empty: words.empty,
    file: response.failure === undefined ? words.download : words.downloadOrFailure,
    redirect: words.redirect,
  }
  return (
    <section class="block">
      <h3>{words.response}</h3>
      {rows.length === 0 || response.kind === 'file' ? <p class="dim">{kinds[response.kind]}</p> : null}
      <FieldTable title={words.response} rows={rows} />
    </section>
  )
}

function Errors({ endpoint, commonErrors }: Pick<EndpointSectionsProps, 'endpoint' | 'commonErrors'>) {
  const words = useExplorerWords()
  const { errors = [], api } = endpoint
  const others = api === 'v3' ? commonErrors.filter(({ code }) => !errors.some(error => error.code === code)) : []
  return (
    <section class="block">
      <h3>{words.errors}</h3>
      {errors.length === 0 && <p class="dim">{words.noErrors}</p>}
      {errors.length > 0 && <ErrorTable title={words.errors} errors={errors} />}
      {others.length > 0 && (
        <>
          <p class="dim">{words.commonErrors}</p>
          <ErrorTable title={words.commonErrors} errors={others} />
        </>
      )}
    </section>
  )
}
