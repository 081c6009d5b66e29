import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Db } from './db.ts'

/**
 * A statement for a hot path: put together at its first use, once for each dialect, and from then on only filled in. Building
 * it anew would cost a refresh as much as signing a token does.
 *
 * `build` gets stand-ins for the values. They must go into the statement as they are, each as a parameter.
 *
 * @throws (the function, at its first use) TypeError when a value did not become a parameter
 */
export function prepared<Values extends object, Row = unknown>(
  build: (db: Db, values: Values) => Compilable<Row>,
): (db: Db, values: Values) => Promise<QueryResult<Row>> {
  const known = new WeakMap<object, Form<Values, Row>>()
  return (db, values) => {
    const { adapter } = db.getExecutor() // one for each database that was opened, also within its transactions
    const form = known.get(adapter) ?? compile(db, build)
    known.set(adapter, form)
    return db.executeQuery({ ...form.query, parameters: form.parameters.map((parameter) => parameter(values)) })
  }
}

type Form<Values, Row> = { query: CompiledQuery<Row>; parameters: readonly ((values: Values) => unknown)[] }

function compile<Values extends object, Row>(
  db: Db,
  build: (db: Db, values: Values) => Compilable<Row>,
): Form<Values, Row> {
  const names = new Map<unknown, keyof Values>()
  const standIns = new Proxy({} as Values, {
    get(_, name) {
      const standIn = { name }
      names.set(standIn, name as keyof Values)
      return standIn
    },
  })
  const query = build(db, standIns).compile()
  const missing = [...names].filter(([standIn]) => !query.parameters.includes(standIn)).map(([, name]) => name)
  if (missing.length > 0) throw new TypeError(`not a parameter of the prepared statement: ${missing.join()}`)
  const parameters = query.parameters.map((parameter) => {
    const name = names.get(parameter)
    return name === undefined ? () => parameter : (values: Values) => values[name]
  })
  return { query, parameters }
}
