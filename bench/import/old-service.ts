/** A database such as the old service had. */
import { createConnection } from 'mysql2/promise'

/** The tables of the old service (Django 4.2 and simplejwt), every tenth token blacklisted. */
export async function fillOldService(url: string, users: number): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true })
  await connection.query(`
    create table accounts_customuser (
      id int auto_increment primary key, email varchar(254) not null unique, password varchar(128) not null,
      last_login datetime(6) null, first_name varchar(30) not null, last_name varchar(30) not null, is_active bool not null
    );
    create table token_blacklist_outstandingtoken (
      id bigint auto_increment primary key, user_id int null, jti varchar(255) not null unique, token longtext not null,
      created_at datetime(6) null, expires_at datetime(6) not null
    );
    create table token_blacklist_blacklistedtoken (
      id bigint auto_increment primary key, token_id bigint not null unique, blacklisted_at datetime(6) not null
    );
    insert into accounts_customuser
      select seq, concat('person', seq, '@example.com'),
        concat('pbkdf2_sha256$600000$', substr(md5(seq), 1, 22), '$', to_base64(unhex(sha2(seq, 256)))),
        now(6), concat('First ', seq), 'Last', seq % 50 <> 0
      from seq_1_to_${users};
    insert into token_blacklist_outstandingtoken
      select seq, seq, md5(seq), ${tokenOf('seq')}, now(6), now(6) + interval 1 day from seq_1_to_${users};
    insert into token_blacklist_blacklistedtoken
      select null, seq, now(6) from seq_1_to_${users} where seq % 10 = 0;`)
  await connection.end()
}

/** SQL of a token of the old service; nobody checks its signature here. */
function tokenOf(seq: string): string {
  const payload = `concat('{"token_type":"refresh","exp":', unix_timestamp() + 86400, ',"iat":', unix_timestamp(),
    ',"jti":"', md5(${seq}), '","user_id":', ${seq}, '}')`
  const encoded = `replace(replace(replace(replace(to_base64(${payload}), '=', ''), '+', '-'), '/', '_'), '\\n', '')`
  return `concat('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.', ${encoded}, '.c2lnbmF0dXJl')`
}
