/** What a person's sessions should do: a small model that knows nothing of the service but its promises. */

export const IDLE_SECONDS = 4 * 3600
export const ABSOLUTE_SECONDS = 10 * 3600
export const ACCESS_SECONDS = 3600
export const GRACE_SECONDS = 10

type Generation = { refresh: string; givenAt: number }

export type SessionModel = {
  sid: string
  openedAt: number
  /** The refresh tokens, oldest first; the last one is current. */
  generations: Generation[]
  /** The newest access token, and when it expires. */
  access: string
  accessEnd: number
  /** What was proven for it. */
  amr: readonly string[]
  hasEnded: boolean
}

export type Model = {
  /** Seconds, as all times here. */
  now: number
  isEnabled: boolean
  sessions: SessionModel[]
}

/** What a request got, what its access token says was proven, and the refresh token that it had shown. */
export type Got = { status: number; access?: string; amr?: readonly string[]; refresh?: string; shown?: string }

export function lastEndOf({ openedAt }: SessionModel): number {
  return openedAt + ABSOLUTE_SECONDS
}

export function isLive(session: SessionModel, now: number): boolean {
  return !session.hasEnded && now < Math.min(currentOf(session).givenAt + IDLE_SECONDS, lastEndOf(session))
}

export function isAccessGood(session: SessionModel, now: number): boolean {
  return !session.hasEnded && now < session.accessEnd
}

export function currentOf({ generations }: SessionModel): Generation {
  const current = generations.at(-1)
  if (!current) throw new TypeError('a session has at least one refresh token')
  return current
}

export type Standing = 'current' | 'parent' | 'older' | 'dead'

/** What a refresh token of a session is worth. */
export function standingOf(session: SessionModel, refresh: string | undefined, now: number): Standing {
  const generation = session.generations.findIndex((candidate) => candidate.refresh === refresh)
  const shown = session.generations[generation]
  const isTokenDead = !shown || now >= Math.min(shown.givenAt + IDLE_SECONDS, lastEndOf(session))
  if (isTokenDead || !isLive(session, now)) return 'dead'
  const back = session.generations.length - 1 - generation
  if (back === 0) return 'current'
  return back === 1 && now - currentOf(session).givenAt <= GRACE_SECONDS ? 'parent' : 'older'
}

/** Notes a refresh. @returns whether the answer is what it must be */
export function judgeRefresh(model: Model, at: number, got: Got): boolean {
  const session = sessionAt(model, at)
  switch (standingOf(session, got.shown, model.now)) {
    case 'current':
      if (!isGiven(session, got) || isKnown(model, got.refresh)) return false
      session.generations.push({ refresh: got.refresh ?? '', givenAt: model.now })
      noteAccess(session, got, model.now)
      return true
    case 'parent':
      noteAccess(session, got, model.now)
      return isGiven(session, got) && got.refresh === currentOf(session).refresh
    case 'older':
      session.hasEnded = true
      return got.status === 401
    case 'dead':
      return got.status === 401
  }
}

/**
 * Notes a logout. It is judged by what its token was when it came, or by what a refresh beside it made of it: either way the
 * session ends.
 *
 * @param before the model as it was when the request came
 * @returns whether the answer is what it may be
 */
export function judgeLogout(model: Model, at: number, got: Got, before: Model): boolean {
  const standing = standingOf(sessionAt(model, at), got.shown, model.now)
  if (standing !== 'dead') sessionAt(model, at).hasEnded = true
  const came = standing === 'dead' ? standing : standingOf(sessionAt(before, at), got.shown, before.now)
  const statuses = [standing, came].map((one): number => (one === 'current' || one === 'parent' ? 200 : 401))
  return statuses.includes(got.status)
}

/** Notes that a session asked for the end of the others, or of one. */
export function judgeEnd(model: Model, at: number, ended: (session: SessionModel) => boolean, got: Got): boolean {
  const asking = sessionAt(model, at)
  if (!isAccessGood(asking, model.now)) return got.status === 401
  for (const session of model.sessions) if (ended(session)) session.hasEnded = true
  return got.status < 300 || got.status === 404 // 404: the one to end has ended already
}

/** Notes a step-up. It is for sessions that live. */
export function judgeProof(model: Model, at: number, amr: readonly string[], got: Got): boolean {
  const session = sessionAt(model, at)
  if (!isLive(session, model.now)) return got.status === 404
  session.amr = [...new Set([...session.amr, ...amr])]
  return got.status === 200
}

export function judgeDisable(model: Model): boolean {
  model.isEnabled = false
  for (const session of model.sessions) session.hasEnded = true
  return true
}

export function sessionAt({ sessions }: Model, at: number): SessionModel {
  const session = sessions[at % sessions.length]
  if (!session) throw new TypeError('there is no session')
  return session
}

export function noteAccess(session: SessionModel, { access = '' }: Got, now: number): void {
  session.access = access
  const end = Math.min(currentOf(session).givenAt + IDLE_SECONDS, lastEndOf(session))
  session.accessEnd = Math.min(now + ACCESS_SECONDS, end)
}

// Its claims are those of the session, whenever they changed.
function isGiven({ amr }: SessionModel, got: Got): boolean {
  return got.status === 200 && got.amr?.join() === amr.join()
}

function isKnown({ sessions }: Model, refresh: string | undefined): boolean {
  return sessions.some(({ generations }) => generations.some((generation) => generation.refresh === refresh))
}
