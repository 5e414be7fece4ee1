#!/bin/sh
# Fills in the templates of gateway/nginx from the environment and runs Nginx, in Docker Compose and in Kubernetes. On a machine
# without containers packages/local-stack/src/nginx.ts does this, with the same names and the same limits. The settings that
# it takes are in docs/settings.md.
set -eu

export NODE_ENV="${NODE_ENV:-development}"
"${0%/*}/check-production.sh"
export PAGES="${PAGES:-/pages}"
export STATE_FOLDER="${STATE_FOLDER:-/tmp/gateway}"
export ACCESS_LOG="${ACCESS_LOG:-/dev/stdout}"
export ADDRESS_REQUESTS_PER_SECOND="${ADDRESS_REQUESTS_PER_SECOND:-500}"
export ADDRESS_BURST="${ADDRESS_BURST:-1000}"
export ADDRESS_CONNECTIONS="${ADDRESS_CONNECTIONS:-2000}"
export TOKEN_REQUESTS_PER_SECOND="${TOKEN_REQUESTS_PER_SECOND:-20}"
export TOKEN_BURST="${TOKEN_BURST:-100}"
export ADDRESS_ANONYMOUS_PER_SECOND="${ADDRESS_ANONYMOUS_PER_SECOND:-40}" ADDRESS_ANONYMOUS_BURST="${ADDRESS_ANONYMOUS_BURST:-300}"
export ADDRESS_READS_PER_SECOND="${ADDRESS_READS_PER_SECOND:-10}" ADDRESS_READS_BURST="${ADDRESS_READS_BURST:-600}"
export ADDRESS_SCHEDULES_PER_SECOND="${ADDRESS_SCHEDULES_PER_SECOND:-100}" ADDRESS_SCHEDULES_BURST="${ADDRESS_SCHEDULES_BURST:-600}"
export ADDRESS_LOG_PAGES_PER_SECOND="${ADDRESS_LOG_PAGES_PER_SECOND:-1}" ADDRESS_LOG_PAGES_BURST="${ADDRESS_LOG_PAGES_BURST:-60}"
export ADDRESS_JOINS_PER_SECOND="${ADDRESS_JOINS_PER_SECOND:-100}" ADDRESS_JOINS_BURST="${ADDRESS_JOINS_BURST:-1000}"
export ADDRESS_CHALLENGES_PER_SECOND="${ADDRESS_CHALLENGES_PER_SECOND:-100}" ADDRESS_CHALLENGES_BURST="${ADDRESS_CHALLENGES_BURST:-1000}"
export ADDRESS_HOLDS_PER_SECOND="${ADDRESS_HOLDS_PER_SECOND:-100}" ADDRESS_HOLDS_BURST="${ADDRESS_HOLDS_BURST:-500}"
export ADDRESS_PAYMENTS_PER_SECOND="${ADDRESS_PAYMENTS_PER_SECOND:-50}" ADDRESS_PAYMENTS_BURST="${ADDRESS_PAYMENTS_BURST:-300}"
export ADDRESS_STREAMS_PER_SECOND="${ADDRESS_STREAMS_PER_SECOND:-50}" ADDRESS_STREAMS_BURST="${ADDRESS_STREAMS_BURST:-1000}"
export ADDRESS_ADMIN_PER_SECOND="${ADDRESS_ADMIN_PER_SECOND:-50}" ADDRESS_ADMIN_BURST="${ADDRESS_ADMIN_BURST:-500}"
export READS_IN_WORK="${READS_IN_WORK:-320}" WRITES_IN_WORK="${WRITES_IN_WORK:-160}" PAYMENTS_IN_WORK="${PAYMENTS_IN_WORK:-2048}"
for value in "$READS_IN_WORK" "$WRITES_IN_WORK" "$PAYMENTS_IN_WORK"; do
  # Nginx takes 0 for no limit at all.
  case "$value" in
    0* | *[!0-9]*) echo "gateway: READS_IN_WORK, WRITES_IN_WORK and PAYMENTS_IN_WORK must be whole numbers from 1 on: $value" >&2; exit 1 ;;
  esac
done
export HSTS_SECONDS="${HSTS_SECONDS:-31536000}"
mkdir -p "$STATE_FOLDER"

# As many connections as a process may have, with room for files beside them.
files=$(ulimit -Hn)
case "$files" in unlimited) files=18432 ;; esac
[ "$files" -le 18432 ] || files=18432
beside=$((files / 2))
[ "$beside" -le 2048 ] || beside=2048
export OPEN_FILES="$files" WORKER_CONNECTIONS=$((files - beside))

# TLS_PORT is what Compose publishes; in Kubernetes the Service has the same port as this container.
HTTPS_REDIRECT='' TRANSPORT_POLICY=''
https_port="${HTTPS_PORT:-${TLS_PORT:-8443}}"
# Browsers keep it for all ports of the host, so it is said where this is the host's HTTPS, not where other programs may have HTTP beside it.
if [ "${REDIRECT_TO_HTTPS:-no}" = yes ] || [ "$https_port" = 443 ]; then
  TRANSPORT_POLICY="max-age=$HSTS_SECONDS"
fi
if [ "${REDIRECT_TO_HTTPS:-no}" = yes ]; then
  https_host='$host'
  [ "$https_port" = 443 ] || https_host="\$host:$https_port"
  HTTPS_REDIRECT="if (\$is_sent_to_https) { return 308 https://$https_host\$request_uri; }"
fi
export HTTPS_REDIRECT TRANSPORT_POLICY
# The groups of servers below need Nginx 1.27.3 anyway (resolve), and what idle connections get at a reload 1.27.4.
export HTTP_TWO='http2 on;' KEEPALIVE_MIN='keepalive_min_timeout 2s;'

cores=$(nproc)
[ "$cores" -le 4 ] || cores=4
export WORKERS="${WORKERS:-$cores}"

# Every request id that is made here begins with this, so that it differs after each start and between several gateways.
GATEWAY_ID=$(head -c 8 /proc/sys/kernel/random/uuid)
export GATEWAY_ID

# The services get new addresses when they restart, so Nginx looks their names up again every 5 s.
name_server="${RESOLVER_ADDRESS:-$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)}"
case "$name_server" in *:*) name_server="[$name_server]" ;; esac
export RESOLVER="resolver $name_server valid=5s ipv6=off; resolver_timeout 2s;"

# A reader waits 2 s at most: for one instance, or for two in turn.
READ_TIMEOUT=2s
[ "${SERVERS_EACH:-1}" = 1 ] || READ_TIMEOUT=1s
export READ_TIMEOUT

# An instance is out after three looks in a row that it did not answer, and in again after one that it did (watch_instances).
mkdir -p "$STATE_FOLDER/failures"
is_out() { # is_out ADDRESS:PORT
  [ -e "$STATE_FOLDER/failures/$1" ] && [ "$(wc -l <"$STATE_FOLDER/failures/$1")" -ge 3 ]
}

addresses() { # addresses NAME
  getent ahostsv4 "$1${UPSTREAM_DOMAIN:-}" | awk '{ print $1 }' | sort -u
}

# By its name, which Nginx looks up itself, or, while an instance of it is out, by the address of each.
servers() { # servers NAME PORT
  found='' any_out=no
  if [ -z "${UPSTREAM_DOMAIN:-}" ]; then found=$(addresses "$1"); fi
  for address in $found; do
    if [ "$found" != "$address" ] && is_out "$address:$2"; then any_out=yes; fi
  done
  if [ "$any_out" = yes ]; then
    for address in $found; do
      if is_out "$address:$2"; then down=' down'; else down=''; fi
      echo "server $address:$2 max_fails=0$down;"
    done
    return
  fi
  for _ in $(seq "${SERVERS_EACH:-1}"); do
    echo "server $1${UPSTREAM_DOMAIN:-}:$2 resolve max_fails=0;"
  done
}

# The same servers, each with so many requests in work at most; in Kubernetes that is for all behind one address.
bounded() { # bounded IN_WORK SERVERS
  rest="$2"
  while [ "$rest" != "${rest#*;}" ]; do
    printf '%s max_conns=%s;' "${rest%%;*}" "$1"
    rest="${rest#*;}"
  done
}

name_servers() {
  QUEUE_SERVERS=$(servers queue 8080)
  CATALOG_SERVERS=$(servers catalog 8080)
  RESERVATION_SERVERS=$(servers reservation 8080)
  PAYMENT_SERVERS=$(servers payment 8080)
  WALLET_SERVERS=$(servers wallet 8080)
  HEALTH_SERVERS=$(servers queue 9090)
  QUEUE_READS_SERVERS=$(bounded "$READS_IN_WORK" "$QUEUE_SERVERS")
  QUEUE_WRITES_SERVERS=$(bounded "$WRITES_IN_WORK" "$QUEUE_SERVERS")
  CATALOG_READS_SERVERS=$(bounded "$READS_IN_WORK" "$CATALOG_SERVERS")
  CATALOG_WRITES_SERVERS=$(bounded "$WRITES_IN_WORK" "$CATALOG_SERVERS")
  RESERVATION_READS_SERVERS=$(bounded "$READS_IN_WORK" "$RESERVATION_SERVERS")
  RESERVATION_WRITES_SERVERS=$(bounded "$WRITES_IN_WORK" "$RESERVATION_SERVERS")
  PAYMENT_READS_SERVERS=$(bounded "$READS_IN_WORK" "$PAYMENT_SERVERS")
  PAYMENT_WRITES_SERVERS=$(bounded "$PAYMENTS_IN_WORK" "$PAYMENT_SERVERS")
  WALLET_READS_SERVERS=$(bounded "$READS_IN_WORK" "$WALLET_SERVERS")
  WALLET_WRITES_SERVERS=$(bounded "$PAYMENTS_IN_WORK" "$WALLET_SERVERS")
  export QUEUE_SERVERS QUEUE_READS_SERVERS QUEUE_WRITES_SERVERS CATALOG_SERVERS CATALOG_READS_SERVERS CATALOG_WRITES_SERVERS
  export RESERVATION_SERVERS RESERVATION_READS_SERVERS RESERVATION_WRITES_SERVERS PAYMENT_SERVERS PAYMENT_READS_SERVERS
  export PAYMENT_WRITES_SERVERS WALLET_READS_SERVERS WALLET_WRITES_SERVERS HEALTH_SERVERS
}
name_servers
all_servers() {
  echo "$QUEUE_SERVERS $CATALOG_SERVERS $RESERVATION_SERVERS $PAYMENT_SERVERS $WALLET_SERVERS $HEALTH_SERVERS"
}

# The pages sign people in at OIDC_ISSUER, or else, in Docker Compose without JWKS_URL and JWT_SECRET_FILE, at the identity provider for development.
issuer="${OIDC_ISSUER:-}"
IDENTITY_IS_HERE=no
IDENTITY_SERVERS='server 127.0.0.1:9 down;'
# In Docker Compose even this machine's requests come from a bridge's address, so the published ports decide who reaches it (LISTEN_ON).
IDENTITY_ACCESS=''
if [ -n "${DEVELOPMENT_ISSUER:-}" ] && [ -z "${OPERATORS_JWKS_URL:-}${OPERATORS_JWT_SECRET_FILE:-}" ] &&
  [ "${issuer:-$DEVELOPMENT_ISSUER}" = "$DEVELOPMENT_ISSUER" ]; then
  issuer="$DEVELOPMENT_ISSUER"
  IDENTITY_IS_HERE=yes
  IDENTITY_SERVERS=$(servers identity 8080)
fi
export OIDC_ISSUER="$issuer" OIDC_CLIENT_ID="${OIDC_CLIENT_ID:-frontrow-web}" OIDC_RESOURCE="${OIDC_RESOURCE:-}"
export IDENTITY_IS_HERE IDENTITY_SERVERS IDENTITY_ACCESS
export STRIPE_CURRENCY="${STRIPE_CURRENCY:-krw}" PAGES_TEST_CARDS="${PAGES_TEST_CARDS:-no}"
export STRIPE_PUBLISHABLE_KEY="${STRIPE_PUBLISHABLE_KEY:-}"
# These become part of an answer in JSON and of Nginx's configuration.
for value in "$OIDC_ISSUER" "$OIDC_CLIENT_ID" "$OIDC_RESOURCE"; do
  case "$value" in
    *[[:space:]\"\'\\\$\;{}]*) echo "gateway: OIDC_ISSUER, OIDC_CLIENT_ID or OIDC_RESOURCE has a character that it must not have: $value" >&2; exit 1 ;;
  esac
done
case "$STRIPE_CURRENCY" in
  [a-z][a-z][a-z]) ;;
  *) echo "gateway: STRIPE_CURRENCY must be three small letters: $STRIPE_CURRENCY" >&2; exit 1 ;;
esac
case "$PAGES_TEST_CARDS" in
  yes | no) ;;
  *) echo "gateway: PAGES_TEST_CARDS must be yes or no: $PAGES_TEST_CARDS" >&2; exit 1 ;;
esac
# The message leaves the value out, which may be a secret key by mistake.
case "$STRIPE_PUBLISHABLE_KEY" in
  '') ;;
  pk_test_*[!A-Za-z0-9]* | pk_live_*[!A-Za-z0-9]*) wrong_key=yes ;;
  pk_test_?* | pk_live_?*) ;;
  *) wrong_key=yes ;;
esac
if [ "${wrong_key:-no}" = yes ]; then
  echo "gateway: STRIPE_PUBLISHABLE_KEY must be pk_test_ or pk_live_, and letters and digits" >&2
  exit 1
fi
export JOIN_CHECK="${JOIN_CHECK:-none}"
case "$JOIN_CHECK" in
  none | proof-of-work | turnstile | hcaptcha) ;;
  *) echo "gateway: JOIN_CHECK must be none, proof-of-work, turnstile or hcaptcha: $JOIN_CHECK" >&2; exit 1 ;;
esac
export SEATS_PER_USER_MAX="${SEATS_PER_USER_MAX:-6}"
export CHARGE_AMOUNT_MIN="${CHARGE_AMOUNT_MIN:-1000}" CHARGE_AMOUNT_MAX="${CHARGE_AMOUNT_MAX:-1000000}"
for value in "$SEATS_PER_USER_MAX" "$CHARGE_AMOUNT_MIN" "$CHARGE_AMOUNT_MAX"; do
  case "$value" in
    0* | *[!0-9]*) echo "gateway: SEATS_PER_USER_MAX, CHARGE_AMOUNT_MIN and CHARGE_AMOUNT_MAX must be whole numbers from 1 on: $value" >&2; exit 1 ;;
  esac
done

networks() { # networks LIST
  for network in $1; do
    case "$network" in
      *[!0-9A-Fa-f.:/]*) echo "gateway: $network is no address and no network" >&2; exit 1 ;;
    esac
    echo "$network 1;"
  done
}
TRUSTED_NETWORKS=$(networks "${TRUSTED_PROXIES:-}")
BLOCKED_NETWORKS=$(networks "${BLOCKED_NETWORKS:-}")
EXEMPT_NETWORKS=$(networks "${EXEMPT_NETWORKS:-}")
# The client's address is the last one in the header that is not a trusted proxy's.
REAL_ADDRESS=''
if [ -n "$TRUSTED_NETWORKS" ]; then
  header=X-Forwarded-For
  [ "${PROXY_PROTOCOL:-no}" = no ] || header=proxy_protocol
  REAL_ADDRESS=$(for network in $TRUSTED_PROXIES; do echo "set_real_ip_from $network;"; done)
  REAL_ADDRESS="$REAL_ADDRESS real_ip_header $header; real_ip_recursive on;"
fi
# Two lists, a network a line, that may change while Nginx runs: a mounted folder or a ConfigMap.
lists="${NETWORKS_FOLDER:-/networks}"
network='^(([0-9]{1,3}[.]){3}[0-9]{1,3}(/[0-9]{1,2})?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?)$'
# Writes a list as Nginx wants it, to a file beside the one that it includes. A line that is no network is left out and named: one such line
# must not let in whom the others block.
write_list() { # write_list NAME
  file="$STATE_FOLDER/$1-networks.conf"
  { sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$lists/$1" 2>/dev/null || true; } >"$file.lines"
  { grep -E "$network" "$file.lines" || true; } | sed 's/$/ 1;/' >"$file.new"
  { grep -Ev "$network" "$file.lines" || true; } >"$file.left-out.new"
  if [ -s "$file.left-out.new" ] && ! cmp -s "$file.left-out.new" "$file.left-out"; then
    sed "s|^|gateway: $lists/$1: left out, as it is no network: |" "$file.left-out.new" >&2
  fi
  mv "$file.left-out.new" "$file.left-out"
}
watch_lists() {
  while sleep 5 && kill -0 "$1" 2>/dev/null; do
    for list in blocked exempt; do
      file="$STATE_FOLDER/$list-networks.conf"
      write_list "$list"
      if cmp -s "$file.new" "$file" || cmp -s "$file.new" "$file.refused"; then continue; fi
      cp "$file" "$file.old"
      mv "$file.new" "$file"
      if nginx -p "$STATE_FOLDER" -e stderr -t -q -c "$STATE_FOLDER/nginx.conf"; then
        kill -HUP "$1"
      else
        echo "gateway: Nginx refuses $lists/$list; the list before it stands" >&2
        mv "$file" "$file.refused"
        mv "$file.old" "$file"
      fi
    done
  done
}
for list in exempt blocked; do
  write_list "$list"
  mv "$STATE_FOLDER/$list-networks.conf.new" "$STATE_FOLDER/$list-networks.conf"
done
export TRUSTED_NETWORKS BLOCKED_NETWORKS EXEMPT_NETWORKS REAL_ADDRESS

proxied=''
[ "${PROXY_PROTOCOL:-no}" = no ] || proxied=' proxy_protocol'
LISTEN="listen 8080 backlog=4096$proxied; listen 8443 ssl backlog=4096$proxied;"
if [ -s /proc/net/if_inet6 ]; then
  LISTEN="$LISTEN listen [::]:8080 backlog=4096 ipv6only=on$proxied; listen [::]:8443 ssl backlog=4096 ipv6only=on$proxied;"
fi
export LISTEN

folder="${CERTIFICATES:-/certificates}"
if [ ! -s "$folder/tls.crt" ] || [ ! -s "$folder/tls.key" ]; then
  [ -w "$folder" ] || folder="$STATE_FOLDER"
  if [ ! -s "$folder/tls.crt" ]; then
    echo "gateway: making a self-signed certificate in $folder" >&2
    # The certificate gets its name last, so that a start that is cut off does not leave a half pair behind.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localhost \
      -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' \
      -keyout "$folder/tls.key" -out "$folder/tls.crt.new" 2>"$STATE_FOLDER/openssl.log" ||
      { cat "$STATE_FOLDER/openssl.log" >&2; exit 1; }
    mv "$folder/tls.crt.new" "$folder/tls.crt"
  fi
fi
export CERTIFICATE="$folder/tls.crt" CERTIFICATE_KEY="$folder/tls.key"

# Only names in capitals are filled in; everything else with a dollar sign is a variable of Nginx.
templates=/gateway
names=$(grep -oh '\${[A-Z_]*}' "$templates"/*.conf.template | sort -u)
for name in $names; do
  variable=${name#??}
  env | grep -q "^${variable%\}}=" || { echo "gateway: no value for $name" >&2; exit 1; }
done
write_configuration() {
  for template in "$templates"/*.conf.template; do
    file="$STATE_FOLDER/$(basename "$template" .template)"
    envsubst "$names" <"$template" >"$file.new"
    mv "$file.new" "$file"
  done
}
write_configuration

# The instances that others can stand in for, as ADDRESS:PORT. The only one of a service is not asked: a late answer is better than none.
find_watched() {
  watched=''
  for name in queue catalog reservation payment wallet; do
    found=$(addresses "$name")
    case "$found" in *[[:space:]]*) ;; *) continue ;; esac
    for address in $found; do
      watched="$watched $address:8080"
      [ "$name" != queue ] || watched="$watched $address:9090"
    done
  done
}

# One curl asks all of them at once, as its start is most of what a look costs: 11 of them every 2 s took 7 % of a core.
look() {
  set --
  for address in $watched; do set -- "$@" -o /dev/null "http://$address/health/live"; done
  [ $# -gt 0 ] || return 0
  answered=$(curl -q -s --no-progress-meter -Z --parallel-immediate -m 2 -w '%{http_code} %{url}\n' "$@")
  # It has a line for each that was asked. Where it could not run, that says nothing of anybody.
  for address in $watched; do
    case "$answered" in
      *"000 http://$address/"*) is_out "$address" || echo failed >>"$STATE_FOLDER/failures/$address" ;;
      *"http://$address/"*) [ ! -e "$STATE_FOLDER/failures/$address" ] || rm -f "$STATE_FOLDER/failures/$address" ;;
    esac
  done
}

name_out() {
  out=''
  for address in $watched; do
    if is_out "$address"; then out="$out $address"; fi
  done
}

# Asks each instance every 2 s whether it answers, whatever the answer is, and looks every 20 s, or while one is out every time, for instances
# that are new. With SIGHUP Nginx reads its configuration again: new workers take the new requests, the old ones end those in hand. That is
# done once in 6 s at most, and once in 30 s where instances come and go.
watch_instances() {
  known=$(all_servers)
  now=$known
  rounds=30
  wanted=3
  looks=0
  out='' seen=''
  while sleep 2 && kill -0 "$1"; do
    if [ $((looks % 10)) -eq 0 ] || [ -n "$out" ]; then find_watched; fi
    looks=$((looks + 1))
    look
    rounds=$((rounds + 1))
    name_out
    if [ "$watched/$out" != "$seen" ] || [ "$now" != "$known" ]; then
      seen="$watched/$out"
      name_servers
      now=$(all_servers)
    fi
    if [ "$now" != "$known" ] && [ "$rounds" -ge "$wanted" ]; then
      wanted=3
      [ "$rounds" -ge 30 ] || wanted=15
      known=$now rounds=0
      write_configuration
      kill -HUP "$1"
    fi
  done
}
# In Kubernetes the readiness probes do this. Nginx takes this process's place, and so its number.
if [ -z "${UPSTREAM_DOMAIN:-}" ]; then (set +e; watch_instances $$) & fi
# A list that Nginx can't read must not keep it from starting, nor empty the other one.
for list in exempt blocked; do
  if nginx -p "$STATE_FOLDER" -e stderr -t -q -c "$STATE_FOLDER/nginx.conf"; then break; fi
  echo "gateway: starting without the list $lists/$list" >&2
  : >"$STATE_FOLDER/$list-networks.conf"
done
(set +e; watch_lists $$) &
exec nginx -p "$STATE_FOLDER" -e stderr -g 'daemon off;' -c "$STATE_FOLDER/nginx.conf"
