#!/bin/sh
# What the gateway refuses where NODE_ENV is production: all of it at once, before anything is written or opened. The rules are those of
# packages/settings/src/production-rules.ts, which Node's processes keep and docs/settings.md shows; a test holds the two together.
set -eu

case "${NODE_ENV:-development}" in
  production) ;;
  development | test) exit 0 ;;
  *) echo "gateway: NODE_ENV must be production, development or test" >&2; exit 1 ;;
esac

wrong=no
refuse() { # refuse NAME WHAT
  echo "gateway: $1: in production it must $2" >&2
  wrong=yes
}

# Whether an address is https, and of another machine.
is_public() { # is_public ADDRESS
  address=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')
  case "$address" in https://?*) ;; *) return 1 ;; esac
  host=${address#https://}
  host=${host%%[/?#]*}
  host=${host##*@}
  case "$host" in \[*) host=${host%%]*} ;; *) host=${host%%:*} ;; esac
  case "${host%.}" in
    '' | localhost | *.localhost | \[:* | \[0*) return 1 ;;
    # A number alone, or one in hexadecimal, is an address of IPv4 too.
    0x*[!0-9a-fx.]*) ;;
    0x*) return 1 ;;
    *[!0-9.]*) ;;
    0.* | 127.*) return 1 ;;
    *.*.*.*) ;;
    *) return 1 ;;
  esac
}
[ -z "${OIDC_ISSUER:-}" ] || is_public "$OIDC_ISSUER" || refuse OIDC_ISSUER 'be the https address of your identity provider.'

# Compose always names it, and it is of no use beside JWKS_URL.
if [ -n "${DEVELOPMENT_ISSUER:-}" ] && [ -z "${OPERATORS_JWKS_URL:-}" ] &&
  [ "${OIDC_ISSUER:-$DEVELOPMENT_ISSUER}" = "$DEVELOPMENT_ISSUER" ]; then
  refuse DEVELOPMENT_ISSUER 'be of no use: set JWKS_URL, JWT_ISSUER and OIDC_ISSUER to an identity provider of your own.'
fi
case "${STRIPE_PUBLISHABLE_KEY:-}" in
  '' | pk_live_*) ;;
  *) refuse STRIPE_PUBLISHABLE_KEY 'be a live key of Stripe (pk_live_…), of the account of STRIPE_SECRET_KEY.' ;;
esac
[ "${PAGES_TEST_CARDS:-no}" != yes ] || refuse PAGES_TEST_CARDS 'not be yes: set it to no, as there is no simulator in production.'

[ "$wrong" = no ]
