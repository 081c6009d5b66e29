/** The tables of the old service, as far as they are read: Django's user model and simplejwt's `token_blacklist`. */
export type DjangoTables = {
  accounts_customuser: {
    id: number
    email: string
    password: string
    first_name: string
    last_name: string
    is_active: number
    last_login: Date | null
  }
  token_blacklist_outstandingtoken: { id: number; jti: string; token: string; expires_at: Date }
  token_blacklist_blacklistedtoken: { id: number; token_id: number }
  'information_schema.tables': { table_schema: string; table_name: string; auto_increment: number | null }
}
