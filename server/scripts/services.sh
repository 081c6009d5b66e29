#!/usr/bin/env bash
# `npm run services`: installs what tests and benchmarks need beyond npm, on Debian and Ubuntu, and only what is missing.
# Tests start their own servers and proxies, so the system's own are neither started nor enabled.
set -euo pipefail

packages=(
  mariadb-server postgresql # the databases of the tests
  chromium # the browser of the tests
  python3-django python3-djangorestframework python3-djangorestframework-simplejwt # the peer of the benchmarks
  gunicorn python3-mysqldb python3-pymysql python3-argon2 python3-bcrypt python3-jwt
  wrk # load
  nginx caddy haproxy openssl # the reverse proxies that deploy/ has recipes for
  rabbitmq-server python3-pika # the broker that events are relayed to, and a consumer in Python
)
declare -A services=([mariadb-server]=mariadb [postgresql]=postgresql [nginx]=nginx [caddy]=caddy [haproxy]=haproxy [rabbitmq-server]=rabbitmq-server)
policy=/usr/sbin/policy-rc.d # what package scripts ask before they start a service; 101 means no

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if ! command -v apt-get >/dev/null; then
  echo "Nothing was installed: this works with apt only. To install by hand: MariaDB (mariadbd, mariadb-install-db),"
  echo "PostgreSQL (postgres, initdb), Chromium, nginx, Caddy and HAProxy for the tests. The benchmarks want what Debian calls: ${packages[*]}"
  exit 1
fi

missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Everything is installed already: ${packages[*]}"
  exit 0
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  echo "Nothing was installed: neither root nor sudo is at hand. To install as root: ${missing[*]}"
  exit 1
fi

started="as $policy of this machine has it"
if [ ! -e "$policy" ]; then
  started=none
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
fi
echo "Installing: ${missing[*]}"
as_root apt-get -q update
as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"

if [ -d /run/systemd/system ]; then
  for package in "${missing[@]}"; do
    [ -z "${services[$package]:-}" ] || as_root systemctl disable "${services[$package]}"
  done
fi
echo "Installed: ${missing[*]}. System services started: $started."
