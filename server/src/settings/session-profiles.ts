/** How long sessions live, by assurance level: NIST SP 800-63B-4 §2.1.3, §2.2.3, §2.3.3. */

const HOUR = 3600
const DAY = 24 * HOUR

type Lifetimes = {
  /** Without being used: optional, at most 1 hour, at most 15 minutes. */
  idle: number
  /** In all: at most 30 days, 24 hours, 12 hours. */
  absolute: number
}

const profiles = {
  aal1: { idle: DAY, absolute: 30 * DAY }, // idle as in the old service
  aal2: { idle: HOUR, absolute: DAY },
  aal3: { idle: HOUR / 4, absolute: DAY / 2 },
} as const satisfies Readonly<Record<string, Lifetimes>>

export type SessionProfile = keyof typeof profiles

export const sessionProfileNames = Object.keys(profiles) as SessionProfile[]

/** In seconds: what is set counts, the profile where nothing is. */
export function sessionLifetimesOf(values: {
  sessionProfile: SessionProfile
  sessionIdleSeconds: number | undefined
  sessionAbsoluteSeconds: number | undefined
}): { sessionIdleSeconds: number; sessionAbsoluteSeconds: number } {
  const { idle, absolute } = profiles[values.sessionProfile]
  return {
    sessionIdleSeconds: values.sessionIdleSeconds ?? idle,
    sessionAbsoluteSeconds: values.sessionAbsoluteSeconds ?? absolute,
  }
}
