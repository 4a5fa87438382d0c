# What the commands in this folder share: where things are, which Debian packages are needed, how a
# build folder, a Python environment and the npm packages are made. Sourced, never run.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/subtensor-mock
FIXTURE=$ROOT/fixtures/subtensor-293
# Debian's own Python where there is one: the packages below are for its version.
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3

BUILD_PACKAGES=(build-essential cmake ninja-build pkg-config python3 ca-certificates
    libwebsockets-dev libjansson-dev libxxhash-dev libsodium-dev libzstd-dev libssl-dev check)
TEST_PACKAGES=(valgrind clang-format-14 clang-tidy-14 python3-venv iproute2 openssl)
SLOW_PACKAGES=(chromium fonts-dejavu-core) # looks at reports

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() {
    note "ci: $*"
    exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root or sudo for: $*"
    fi
}

# lacking WHAT: tells that something is not there. With SAY_ONLY set that is all, and it returns false;
# else the caller goes on and makes or installs it.
lacking() {
    note "${SAY_ONLY:+lacks }$1"
    [ -z "${SAY_ONLY:-}" ]
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named Debian packages that are missing; asks the network only then.
install_packages() {
    command -v dpkg-query >/dev/null ||
        die "this is not Debian; install the like of these yourself: $*"
    local missing=() name
    for name in "$@"; do
        installed "$name" || missing+=("$name")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    lacking "packages, to be installed: ${missing[*]}" || return 0
    as_root apt-get -q update >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "${missing[@]}" >&2
}

# build_in FOLDER [CMAKE ARGUMENTS…]: configures when there is nothing yet, and builds. CMake and ninja
# speak only when something is wrong. ccache is used where it is installed.
build_in() {
    local folder=$1 launcher=()
    shift
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    fi
    mkdir -p "$(dirname "$folder")"
    cmake -S "$ROOT" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        "${launcher[@]}" "$@" --log-level=WARNING >"$folder.configure.log" 2>&1 || {
        cat "$folder.configure.log" >&2
        die "CMake could not configure $folder"
    }
    rm -f "$folder.configure.log"
    # On standard output ninja only says that there is nothing to do, or what went wrong.
    local said
    said=$(ninja -C "$folder" --quiet) || {
        note "$said"
        die "the build in $folder failed"
    }
}

build_default() {
    install_packages "${BUILD_PACKAGES[@]}"
    build_in "$ROOT/build" -DSTRICT=OFF
}

# fresh STAMP WANT: whether a folder of the cache was made from what has this digest. A half-made one has
# no stamp.
fresh() {
    [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

# python_env NAME REQUIREMENTS [PIP ARGUMENTS…]: makes a virtual environment in the cache folder from a
# requirements file, anew whenever that file has changed, and prints its folder.
python_env() {
    local folder=$CACHE/venv-$1 requirements=$2 stamp want
    stamp=$folder/requirements.sha256
    want=$(sha256sum <"$requirements")
    if ! fresh "$stamp" "$want" && lacking "the Python environment $folder"; then
        rm -rf "$folder"
        mkdir -p "$CACHE"
        "$PYTHON" -m venv "$folder" >&2
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
            --requirement "$requirements" "${@:3}" >&2
        printf '%s\n' "$want" >"$stamp"
    fi
    printf '%s\n' "$folder"
}

# npm_packages [SOURCE NAME]: installs what the lock file of a folder says, of the conformance suite
# unless another is named, into a folder of the cache, and prints that.
npm_packages() {
    local source=${1:-$ROOT/conformance/testenv/npm} folder=$CACHE/${2:-npm} stamp want
    stamp=$folder/lock.sha256
    command -v npm >/dev/null || install_packages nodejs npm
    want=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum)
    if ! fresh "$stamp" "$want" && lacking "the npm packages in $folder"; then
        rm -rf "$folder"
        mkdir -p "$folder"
        cp "$source/package.json" "$source/package-lock.json" "$folder"
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2)
        printf '%s\n' "$want" >"$stamp"
    fi
    printf '%s\n' "$folder"
}

# Some vectors come in a crate; `cargo info`, of version 1.82 and later, fetches one crate alone.
need_cargo() {
    local have
    have=$(cargo --version 2>/dev/null | cut -d ' ' -f 2) || have=0
    [ "$(printf '%s\n' 1.82 "$have" | sort -V | head -n 1)" = 1.82 ] || install_packages cargo-web
}

# cargo_program FOLDER NAME: builds a Rust program as its lock file says, into the cache folder, and
# prints where it is. Cargo itself knows whether there is anything to do.
cargo_program() {
    local source=$1 target=$CACHE/cargo-$2
    need_cargo
    if [ ! -x "$target/release/$2" ]; then
        lacking "the Rust program $2, to be built" || return 0
    fi
    [ -n "${SAY_ONLY:-}" ] || (cd "$source" &&
        CARGO_TARGET_DIR=$target cargo build --quiet --release --locked >&2)
    printf '%s\n' "$target/release/$2"
}
