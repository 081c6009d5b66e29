/** What an operator should know and no caller can be told. Each is said once, when it begins. */
export const warningCodes = {
  'key-ignored': 'a published key cannot serve',
  'key-set-unavailable': 'the key set could not be fetched; the last good one stays in use',
  'revocation-stream-refused':
    'the revocation stream was refused; its pages are asked for instead, and the stream tried again',
  'revocations-unavailable': 'the revocation feed could not be followed; trying on',
  'revocations-stale': 'the revocation feed is too old; tokens of ended sessions are accepted',
} as const

export type WarningCode = keyof typeof warningCodes

export type Warning = { readonly code: WarningCode; readonly message: string; readonly cause?: unknown }

export type Warn = (code: WarningCode, cause?: unknown) => void

/** Without a listener, warnings go where Node's own go: to standard error, or to `process.on('warning')`. */
export function createWarn(listen: (warning: Warning) => void = tellNode): Warn {
  return (code, cause) => {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    listen({ code, message: `${warningCodes[code]}${why}`, cause })
  }
}

function tellNode({ code, message }: Warning): void {
  process.emitWarning(message, { type: 'SamuraiAuthWarning', code })
}
