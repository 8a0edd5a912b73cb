#!/usr/bin/env bash
# Proves from outside that a confined program sends nothing but to its declared upstream: in a network namespace of its own, with
# receivers beyond it and counters of packets, as root and as nobody. First with nothing in force, so that the receivers are known
# to work; then confined; then with layers left out, so that each of them is known to be needed.
#
#   bash tests/egress.sh                      builds and tries target/debug/airlock-host
#   AIRLOCK_HOST=FILE bash tests/egress.sh    tries another one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/setup/lib.sh

# Addresses for documentation (RFC 5737): nobody's, so nothing real is reached if a namespace should leak.
upstream=198.51.100.1
other=192.0.2.1
here=192.0.2.254
resolver=203.0.113.53

if [ "${1:-}" != --inside ]; then
    need_network_tools
    built="${CARGO_TARGET_DIR:-target}/debug"
    cargo build --quiet --locked -p airlock-tests --bins
    [ -n "${AIRLOCK_HOST:-}" ] || cargo build --quiet --locked -p airlock-runtime --bins
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    # Nobody has to be able to start it.
    chmod 755 "$work"
    install -m 755 "${AIRLOCK_HOST:-$built/airlock-host}" "$work/airlock-host"
    install -m 755 "$built/egress-proof" "$built/clinic-upstream" "$work"
    roles=(root nobody)
    spaces=(--net --mount --pid --fork --kill-child --mount-proc)
    if [ "$(id -u)" -ne 0 ]; then
        [ -z "${CI:-}" ] || { echo "error: in CI this proof is made as root and as nobody; run it as root" >&2; exit 1; }
        say "not root: proven as the root of a user namespace alone"
        roles=(mapped)
        spaces+=(--user --map-root-user)
    fi
    if ! unshare "${spaces[@]}" true; then
        echo "error: no network namespace can be had here, so nothing is proven; run it as root, outside of a container" >&2
        exit 1
    fi
    unshare "${spaces[@]}" bash tests/egress.sh --inside "$work" "${roles[@]}"
    exit
fi

work="$2"
shift 2

# Another machine: a namespace of its own at the other end of a cable.
ip link set lo up
unshare --net sleep infinity &
beyond=$!
for _ in $(seq 100); do
    [ "$(readlink "/proc/$beyond/ns/net")" = "$(readlink /proc/self/ns/net)" ] || break
    sleep 0.05
done
there() { nsenter --net="/proc/$beyond/ns/net" "$@"; }
ip link add cable type veth peer name other-end
ip link set other-end netns "$beyond"
# The kernel's own chatter of IPv6 would be counted as somebody's.
echo 1 >/proc/sys/net/ipv6/conf/cable/disable_ipv6
ip address add "$here/24" dev cable
ip link set cable up
there ip link set lo up
there ip address add "$other/24" dev other-end
there ip address add "$upstream/32" dev lo
there ip address add "$resolver/32" dev lo
there ip link set other-end up
ip route add default via "$other"

# The self-test's own fixtures talk over 127.0.0.9; what else leaves a socket and is not for the upstream is undeclared.
nft -f - <<RULES
table inet egress {
    counter declared { }
    counter fixtures { }
    counter UNDECLARED { }
    chain output {
        type filter hook output priority 0; policy accept;
        ip daddr $upstream tcp dport 8080 counter name declared accept
        ip daddr 127.0.0.9 counter name fixtures accept
        ip saddr 127.0.0.9 counter name fixtures accept
        counter name UNDECLARED
    }
}
RULES

printf 'nameserver %s\n' "$resolver" >"$work/resolv.conf"
chmod 644 "$work/resolv.conf"
mount --bind "$work/resolv.conf" "$(realpath /etc/resolv.conf)"

(umask 077 && printf 'demo-key\n' >"$work/clinic.key")
there "$work/clinic-upstream" --listen "$upstream:8080" --api-key-file "$work/clinic.key" --port-file "$work/address" >&2 &
there "$work/egress-proof" receive "$work/receipts" "tcp:$other:443" "udp:$other:53" "udp:$resolver:53" &
for _ in $(seq 100); do
    [ -s "$work/address" ] && [ -s "$work/receipts" ] && break
    sleep 0.1
done

"$work/egress-proof" prove "$work/airlock-host" "$work" "http://$upstream:8080" "$@"
