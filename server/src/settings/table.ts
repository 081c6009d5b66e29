/** The table of every setting, by subject: the reference page is made from it (docs/reference/config.md). */
import { databaseSettings } from './database.ts'
import { eventSettings } from './events.ts'
import { limitSettings } from './limits.ts'
import { mailSettings } from './mail.ts'
import { passwordSettings } from './passwords.ts'
import { relyingPartySettings } from './relying-party.ts'
import { serviceSettings } from './service.ts'
import { signInSettings } from './sign-in.ts'
import { testModeSettings } from './test-mode.ts'
import { tokenSettings } from './tokens.ts'

export const settings = {
  ...serviceSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...signInSettings,
  ...passwordSettings,
  ...relyingPartySettings,
  ...limitSettings,
  ...eventSettings,
  ...mailSettings,
  ...testModeSettings,
} as const
