import type { Elsewhere } from './elsewhere.ts'
import type { Refresher } from './refresher.ts'
import type { TabSession } from './tab-session.ts'
import { type HandedToken, handOver, type TabMessage, type Tabs, takeOver } from './tabs.ts'

/** Does what the other tabs' messages ask for. */
export function followTabs(tabs: Tabs, session: TabSession, refresher: Refresher, elsewhere: Elsewhere): void {
  function receive(message: TabMessage): void {
    switch (message.kind) {
      case 'ask':
        answer(tabs, session)
        break
      case 'token':
        void take(session, message.token)
        break
      case 'refreshing':
        elsewhere.hearAttempt(message)
        break
      case 'refresh-failed':
        elsewhere.hearFailure(message)
        if (message.retryAfterMs > 0) refresher.holdOff(message.retryAfterMs)
        break
      case 'ended':
        session.end(message.sessionId, 'elsewhere')
        break
    }
  }

  tabs.listen(receive)
}

async function take(session: TabSession, token: HandedToken): Promise<void> {
  const access = takeOver(token)
  if (!access) return
  if (access.sessionId !== session.seen()?.sessionId) await session.look() // somebody has signed in
  session.take(access)
}

function answer(tabs: Tabs, session: TabSession): void {
  const access = session.access()
  if (access) tabs.post(handOver(access))
}
