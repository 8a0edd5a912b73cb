#!/usr/bin/env bash
# Checks that a program with the embedded model starts on a processor without AVX, and refuses the model there with a reason
# and not with an illegal instruction. The processor is made up by qemu-x86_64 (Debian: qemu-user).
#
#   bash tests/processor.sh [FILE] [MODEL]    default: target/debug/airlock-host, $AIRLOCK_MODEL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program="${1:-${CARGO_TARGET_DIR:-target}/debug/airlock-host}"
model="${2:-${AIRLOCK_MODEL:?set AIRLOCK_MODEL to a GGUF file}}"

old() { qemu-x86_64 -cpu Nehalem "$program" "$@"; }

# Everything that C++ does before `main` is done here as well.
old --version
old tools --digest >/dev/null
code=0
said="$(old model inspect "$model" 2>&1)" || code=$?
if [ "$code" -ne 2 ] || ! grep -q 'x86-64-v3 .* lacks fma, movbe, osxsave, avx, f16c, bmi1, avx2, bmi2, abm' <<<"$said"; then
    printf 'error: on a Nehalem, `model inspect` ended with %s and said:\n%s\n' "$code" "$said" >&2
    exit 1
fi
printf '%s starts on a Nehalem, and says there what the model needs\n' "$program"
