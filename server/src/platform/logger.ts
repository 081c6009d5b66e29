/** The structured log: JSON lines on standard output, secrets removed by the name of their field. */
import { pino } from 'pino'

export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
  /**
   * The same log for a line of which there are thousands a second and whose fields are all known: looking for secrets in it
   * would cost twice as much as writing it.
   */
  ofKnownFields?(): Logger
}

const secretFields = ['password', 'token', 'refresh', 'access', 'authorization', 'cookie', 'secretKey', 'hash']

/** @param level the least important level that is written */
export function createLogger(level: string): Logger {
  const logger = pino({
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    serializers: { err: describeError },
  })
  return Object.assign(logger, { ofKnownFields: () => logger.child({}, { redact: [] }) })
}

// Name, message, stack and causes: drivers hang whole statements and connections on their errors.
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) }
}
