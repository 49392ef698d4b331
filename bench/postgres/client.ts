import pg from 'pg'

/** Opens a connection of the bench's own, whose tables are those of the parameter `schema` of a URL. */
export async function openBenchClient(url: string): Promise<pg.Client> {
  const plain = new URL(url)
  const schema = plain.searchParams.get('schema')
  plain.search = ''
  const client = new pg.Client({ connectionString: String(plain), options: `-c search_path=${schema}` })
  await client.connect()
  return client
}
