#!/usr/bin/env bash
# Checks that a program cannot look up names: no function of the C library that does is among what it is linked with.
#
# A program that is linked statically has no imports; there the texts are looked for that the lookup brings with it.
#
#   bash tests/imports.sh [FILE]    default: target/debug/airlock-host
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program="${1:-${CARGO_TARGET_DIR:-target}/debug/airlock-host}"
if ! readelf --wide --program-headers "$program" | grep -q INTERP; then
    if found="$(grep -aoE '/etc/nsswitch\.conf|libnss_[a-z%]+' "$program" | sort -u)"; then
        printf 'error: %s can look up names; it holds:\n%s\n' "$program" "$found" >&2
        exit 1
    fi
    # As much of the C library as any program has is there, so the texts would be found.
    grep -aq 'GLIBC_TUNABLES' "$program" || { echo "error: $program holds no C library that is known here" >&2; exit 1; }
    printf '%s is linked statically, and holds nothing of a lookup of names\n' "$program"
    exit
fi
imports="$(nm -D --undefined-only "$program" | awk '{ sub(/@.*/, "", $2); print $2 }')"
# An empty list would come of a file that nm cannot read.
grep -qx write <<<"$imports" || { echo "error: $program: nm lists no imports" >&2; exit 1; }
resolvers='(getaddrinfo(_a)?|gethostby(name|addr)[a-z0-9_]*|getnameinfo|getservbyname(_r)?|(__)?res_[a-z]+|(__)?ns_[a-z]+)'
if found="$(grep -Ex "$resolvers" <<<"$imports")"; then
    printf 'error: %s can look up names; it imports:\n%s\n' "$program" "$found" >&2
    exit 1
fi
libraries="$(ldd "$program")"
if found="$(grep -E 'lib(resolv|nss|anl|curl|ssl)' <<<"$libraries")"; then
    printf 'error: %s is linked with:\n%s\n' "$program" "$found" >&2
    exit 1
fi
printf '%s imports %s functions, and none that looks up names\n' "$program" "$(wc -l <<<"$imports")"
