# What the other scripts need from the machine. Sourced, never run.
# Debian 12 is what it knows how to complete; anywhere else it says what is missing.

# Debug for our own code, which is what is worked on; optimised for the C inside swift-crypto, where hashing
# a password takes two seconds otherwise.
build_flags=(-Xcc -O2)

invoked_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        fail "this needs root or sudo: $*"
    elif [ -t 0 ]; then
        sudo "$@" # may ask for a password, as it would for any other command
    else
        sudo -n "$@"
    fi
}

# Installs Debian packages without a question. Nothing happens when all are there.
install_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "please install ${missing[*]}: there is no apt-get here"
    echo "installing ${missing[*]}" >&2
    # A list may be too old to know the packages' current versions, so it is fetched on failure.
    apt_install "${missing[@]}" >/dev/null 2>&1 || {
        as_root apt-get -qq update >&2 && apt_install "${missing[@]}" >&2
    } || fail "could not install ${missing[*]}; the lines above say why"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@" </dev/null
}

# The same for packages that would start a service, which nobody asked for either.
install_unstarted() {
    local policy=/usr/sbin/policy-rc.d
    [ ! -e $policy ] || { install_packages "$@" && return; }
    install_beside $policy $'#!/bin/sh\nexit 101' "$@" || exit
}

# install_beside FILE TEXT PACKAGE …: the same while FILE, which may be executed, says TEXT. However it ends, FILE goes:
# left there, it would steer every later installation on this machine. In a process of its own, so that it goes also when
# who waits for this is killed.
install_beside() (
    file=$1 text=$2
    shift 2
    trap 'as_root rm -f "$file"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    as_root sh -c 'mkdir -p "${1%/*}" && printf "%s\n" "$2" >"$1" && chmod 755 "$1"' _ "$file" "$text" || exit
    install_packages "$@"
)

# The PostgreSQL server. Debian's package would also make and start a cluster on port 5432, which
# nobody asked for: it is told not to, for this one installation only. A cluster that is already
# there is left alone.
install_postgresql() {
    local binaries
    binaries=$(compgen -G '/usr/lib/postgresql/*/bin/postgres') && [ -n "$binaries" ] && return 0
    install_packages postgresql-common
    # contains contrib (pg_trgm) since PostgreSQL 10
    install_beside /etc/postgresql-common/createcluster.d/cohort.conf 'create_main_cluster = false' postgresql-15 || exit
}

# Everything that `swift build`, `swift test` and a private PostgreSQL need.
install_missing() {
    command -v swift >/dev/null || fail "Swift 6.3 is not on the PATH: https://www.swift.org/install/linux"
    command -v dpkg-query >/dev/null || {
        echo "${0##*/}: not a Debian system: libpq, zlib, pkg-config and PostgreSQL 15 are taken for granted" >&2
        return 0
    }
    # SwiftPM asks pkg-config where libpq's headers are; curl is what the README and scripts/dev ask for.
    command -v pkg-config >/dev/null || install_packages pkg-config
    command -v curl >/dev/null || install_packages curl ca-certificates
    install_packages libpq-dev zlib1g-dev
    install_postgresql
    [ ! -e .build ] || [ -w .build ] ||
        fail ".build belongs to $(stat -c %U .build), who built here before: remove it, or run as $(stat -c %U .build)"
}

# What drives the dashboard in the tests: Debian's browser, its driver, and the module for Debian's own Python.
install_browser() {
    [ -x /usr/bin/chromedriver ] && /usr/bin/python3 -c 'import selenium' 2>/dev/null ||
        install_packages chromium chromium-driver python3-selenium
}

# Every Swift file that git knows or would know, each ended by a zero byte. Fails where git does, which whoever reads it from
# a pipe sees with pipefail only.
swift_files() (
    set -o pipefail
    git ls-files -z --cached --others --exclude-standard '*.swift' |
        xargs -0 sh -c 'for file; do [ ! -e "$file" ] || printf "%s\0" "$file"; done' _
)
