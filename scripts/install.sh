#!/bin/bash
# Sets up .venv from a lock, and what a test needs from Debian. Does nothing that is done already.
#   install.sh [dev]                             requirements.lock, or requirements-dev.lock
#   install.sh servers|postgresql|chromium|node  Debian's packages for the tests, and for Node
#   install.sh cluster|restore                   those for `make cluster` and `make restore-test`
#   install.sh load                              those for `make bench-load` and `make bench-warm`
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "simlane: $*" >&2; exit 1; }

# debian COMMAND-OR-TEXT PACKAGE: install a Debian package, or say which one is missing.
debian() {
    local what=$1 package=$2 as_root=()
    local advice="$what is missing. Install it: apt-get install $package"
    command -v apt-get >/dev/null || fail "$advice"
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2>/dev/null || fail "$advice"
        as_root=(sudo -n)
    fi
    echo "install: Debian's $package"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
            "$package"; } >"$log" 2>&1 </dev/null; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        fail "$advice (apt-get failed, see above)"
    fi
    rm -f "$log"
}

install_postgresql() {
    local initdb
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [[ -x $initdb ]] && [[ $initdb =~ /([0-9]+)/bin ]] && ((BASH_REMATCH[1] >= 15)) && return
    done
    command -v initdb >/dev/null && return
    debian "PostgreSQL 15 or later" postgresql
}

install_pgbouncer() {
    command -v pgbouncer >/dev/null || [[ -x /usr/sbin/pgbouncer ]] || debian PgBouncer pgbouncer
}

install_redis() {
    command -v redis-server >/dev/null || debian Redis redis-server
}

install_pgbackrest() {
    command -v pgbackrest >/dev/null || debian pgBackRest pgbackrest
}

# Debian starts it with a page of its own, on port 80: it is here to read deploy/Caddyfile.
install_caddy() {
    command -v caddy >/dev/null || debian Caddy caddy
}

install_cluster() {
    install_postgresql
    install_pgbouncer
    install_redis
    command -v patroni >/dev/null || debian Patroni patroni
    command -v etcd >/dev/null || debian etcd etcd-server
    command -v haproxy >/dev/null || [[ -x /usr/sbin/haproxy ]] || debian HAProxy haproxy
}

# Preferred without windows: a page opens in a seventh of the time. Not every Debian has it.
install_chromium() {
    command -v chromium-headless-shell >/dev/null || (debian Chromium chromium-headless-shell) 2>/dev/null ||
        command -v chromium >/dev/null || debian Chromium chromium
}

# The two Nodes that come as Python packages, for the assets and inside Playwright, link to these.
install_node_libraries() {
    local pair
    for pair in libatomic.so.1:libatomic1 libstdc++.so.6:libstdc++6; do
        python3 -c "import ctypes; ctypes.CDLL('${pair%%:*}')" 2>/dev/null ||
            debian "The library ${pair%%:*}" "${pair##*:}"
    done
}

python_version() {
    command -v python3 >/dev/null || debian "Python 3.11 or later" python3
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or later is needed, and python3 is $(python3 -c 'import platform; print(platform.python_version())')."
}

virtual_environment() {
    # A .venv whose Python is gone, or that was moved here from another place, is made anew.
    if [[ -x .venv/bin/python ]] && grep -qsF "$PWD/.venv" .venv/bin/activate &&
        .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        return
    fi
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian "Python's venv" python3-venv
    echo "install: a virtual environment in .venv"
    rm -rf .venv
    python3 -m venv .venv || fail "python3 -m venv .venv failed, see above."
}

requirements() {
    local lock=$1 stamp=.venv/installed-$1
    cmp --silent "$lock" "$stamp" && return
    echo "install: the packages of $lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes \
        --requirement "$lock" || fail "the packages of $lock could not be installed, see above."
    cp "$lock" "$stamp"
}

# Two commands at once must not fill the same .venv.
exec 9<.
flock 9

case "${1:-}" in
    "")
        python_version
        virtual_environment
        requirements requirements.lock
        ;;
    dev)
        python_version
        virtual_environment
        # The development lock repeats the other one with the same versions.
        requirements requirements-dev.lock
        cp requirements.lock .venv/installed-requirements.lock
        ;;
    servers)
        install_postgresql
        install_pgbouncer
        install_redis
        install_pgbackrest
        install_caddy
        install_chromium
        install_node_libraries
        ;;
    postgresql)
        install_postgresql
        install_pgbouncer
        install_redis
        ;;
    chromium)
        install_chromium
        install_node_libraries
        ;;
    cluster) install_cluster ;;
    restore)
        install_postgresql
        install_pgbackrest
        ;;
    load)
        install_postgresql
        install_pgbouncer
        command -v wrk >/dev/null || debian wrk wrk
        ;;
    node) install_node_libraries ;;
    *) fail "install.sh does not know ${1@Q}." ;;
esac
