import type { Elsewhere } from './elsewhere.ts'
import type { Refresher } from './refresher.ts'
import type { TabSession } from './tab-session.ts'
import { handOver, type TabMessage, type Tabs, takeOver } from './tabs.ts'

/** Does what the other tabs' messages ask for. */
export function followTabs(tabs: Tabs, session: TabSession, refresher: Refresher, elsewhere: Elsewhere): void {
  function receive(message: TabMessage): void {
    switch (message.kind) {
      case 'ask':
        answer(tabs, session)
        break
      case 'token': {
        const access = takeOver(message.token)
        if (access) session.take(access)
        break
      }
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

function answer(tabs: Tabs, session: TabSession): void {
  const access = session.access()
  if (access) tabs.post(handOver(access))
}
