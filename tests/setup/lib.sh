# What both commands need, sourced by them. Installs only what is missing, and says so.

say() { printf '== %s\n' "$*" >&2; }

cache_directory() { printf '%s\n' "${AIRLOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/airlock}"; }

# bindgen's library. The C++ one, libclang-cpp, has a similar name and does not help.
has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return
    local pattern
    for pattern in '/usr/lib/llvm-*/lib' '/usr/lib/*-linux-gnu' '/usr/lib64' '/usr/local/lib'; do
        compgen -G "$pattern/libclang.so*" >/dev/null && return
        compgen -G "$pattern/libclang-[0-9]*.so*" >/dev/null && return
    done
    return 1
}

# cmake and libclang build llama.cpp. Debian's packages; asks for root only where something is missing.
need_build_tools() {
    local missing=()
    command -v cmake >/dev/null || missing+=(cmake)
    has_libclang || missing+=(libclang-dev)
    [ "${#missing[@]}" -eq 0 ] && return
    say "installing Debian packages: ${missing[*]}"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# The official MCP client for Python, which the suites drive the server with. Kept apart from the system's packages.
need_python_client() {
    local directory
    directory="$(cache_directory)/python/mcp-2.3.0-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    if [ ! -f "$directory/.complete" ]; then
        say "installing the Python package mcp 2.3.0 into $directory"
        rm -rf "$directory"
        python3 -m pip install --disable-pip-version-check --quiet --no-warn-conflicts --root-user-action ignore \
            --target "$directory" 'mcp==2.3.0' >&2
        touch "$directory/.complete"
    fi
    printf '%s\n' "$directory"
}
