/** Where a request came from. Null: it is not known, as for what a command or a job does. */
export type Origin = { address: string | null; userAgent: string | null }

/** Of what nobody asked for over the network. */
export const noOrigin: Origin = { address: null, userAgent: null }
