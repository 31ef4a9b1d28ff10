#!/usr/bin/env bash
# Prepares a fresh machine for `make demo` and `make test`: Python environment, Node packages, Rust core, prover.
# With the argument `browser` also what the tests in a browser need: Chromium and Keycloak, in the cache folder; with
# `sdk` the clients of others that the tests in tests/sdk run.
# A step is skipped while its inputs are those of its last success, so a second run takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${CARGO_TARGET_DIR:=${XDG_CACHE_HOME:-$HOME/.cache}/prividium/target}"
export CARGO_TARGET_DIR
PYTHON=${PYTHON:-python3.11}
STAMPS=.venv/.stamps

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: $2"; }

# step NAME PRODUCT MESSAGE ACTION FILE...
step() {
    local name=$1 product=$2 message=$3 action=$4 inputs
    shift 4
    inputs=$(cat "$@" | sha256sum | cut -d' ' -f1)
    if [ -e "$product" ] && [ "$(cat "$STAMPS/$name" 2>/dev/null)" = "$inputs" ]; then return; fi
    say "$message"
    "$action"
    mkdir -p "$STAMPS"
    printf '%s' "$inputs" >"$STAMPS/$name"
}

install_python() {
    "$PYTHON" -m venv .venv || fail "venv failed (Debian: apt-get install python3.11-venv)"
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r scripts/uv.lock
    VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip sync --quiet --require-hashes requirements.lock
    rm -f "$STAMPS/core"
}
# Not `npm ci`: it refuses lock files whose optional packages of other platforms carry no address.
install_node() { (cd gateway && npm install --no-save --ignore-scripts --silent --no-audit --no-fund); }
install_sdk() { (cd tests/sdk && npm install --no-save --ignore-scripts --silent --no-audit --no-fund); }
build_core() { PATH=$PWD/.venv/bin:$PATH VIRTUAL_ENV=$PWD/.venv .venv/bin/maturin develop --uv --release --locked --quiet; }
build_prover() {
    cargo build --release --locked --manifest-path circuits/Cargo.toml -p prividium-prover
}

# Both are made beside their place and moved there whole, so that no test ever meets a half of them.
install_chromium() {
    local package=tests/browser/node_modules/@sparticuz/chromium/bin target=$1 part
    (cd tests/browser && npm install --no-save --ignore-scripts --silent --no-audit --no-fund)
    rm -rf "$target" "$target.new"
    mkdir -p "$target.new"
    node tests/browser/unpack.mjs "$package/chromium.br" "$target.new/chromium"
    for part in al2023 fonts swiftshader; do
        node tests/browser/unpack.mjs "$package/$part.tar.br" "$target.new/$part.tar"
        tar --extract --no-same-owner --file "$target.new/$part.tar" --directory "$target.new"
        rm "$target.new/$part.tar"
    done
    printf '<fontconfig><dir>%s/fonts</dir><cachedir>%s/fonts-cache</cachedir></fontconfig>\n' "$target" "$target" \
        >"$target.new/fonts.conf"
    mv "$target.new" "$target"
    rm -rf tests/browser/node_modules
}
install_keycloak() {
    local name=keycloak-quarkus-dist version=$KEYCLOAK_VERSION target=$1
    rm -rf "$target" "$target.new"
    mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:copy \
        "-Dartifact=org.keycloak:$name:$version:zip" "-DoutputDirectory=$target.new"
    printf '%s  %s\n' "$KEYCLOAK_SHA256" "$target.new/$name-$version.zip" | sha256sum --check --quiet ||
        fail "the archive of Keycloak is not the one that was tested"
    "$PYTHON" -m zipfile --extract "$target.new/$name-$version.zip" "$target.new"
    sh "$target.new/keycloak-$version/bin/kc.sh" build --db=dev-mem >/dev/null
    mv "$target.new/keycloak-$version" "$target"
    rm -r "$target.new"
}

need "$PYTHON" "install Python 3.11, or set PYTHON to its path"
need cargo "install a Rust toolchain, https://rustup.rs"
need node "install Node.js 20 or newer"
need npm "install npm, it comes with Node.js"
need cc "install a C compiler (Debian: apt-get install build-essential)"

if [ "$(uname -sm)" = "Linux x86_64" ] && [ -z "${RUSTFLAGS+set}" ] && ! grep -q -w avx2 /proc/cpuinfo; then
    fail "this processor has no AVX2, for which the Rust code is built: run the same with RUSTFLAGS= in front"
fi

mapfile -t core_sources < <(git ls-files .cargo circuits/{state,policy,stf,core,verifier,python} circuits/Cargo.lock pyproject.toml)
mapfile -t prover_sources < <(git ls-files .cargo circuits/{state,policy,stf,verifier,outer,prover,guests} circuits/Cargo.lock)

step python .venv/bin/uv "Python packages, pinned by hash (about 1 minute)" install_python requirements.lock scripts/uv.lock
step node gateway/node_modules/.bin/anvil "Node packages: anvil, the embedded L1, and solc" install_node gateway/package-lock.json
step core prividium/_core.abi3.so "Rust core: EVM, state tree, store (first build about 5 minutes on 2 cores)" \
    build_core "${core_sources[@]}"
step prover "$CARGO_TARGET_DIR/release/prividium-prover" \
    "Prover: OpenVM (first build about 12 minutes on 2 cores)" build_prover "${prover_sources[@]}"

if [ "${1:-}" = sdk ]; then
    step sdk tests/sdk/node_modules/.bin/prividium "Node packages: prividium, viem, ethers and cast" install_sdk \
        tests/sdk/package-lock.json
fi

if [ "${1:-}" = browser ]; then
    # shellcheck source=tests/browser/versions
    . tests/browser/versions
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/prividium
    chromium=$cache/chromium-$CHROMIUM_VERSION keycloak=$cache/keycloak-$KEYCLOAK_VERSION
    need java "install a Java runtime, 17 or newer (Debian: apt-get install openjdk-17-jre-headless)"
    need mvn "install Maven (Debian: apt-get install maven)"
    if [ ! -x "$chromium/chromium" ]; then
        say "Chromium for the tests in a browser"
        install_chromium "$chromium"
    fi
    if [ ! -d "$keycloak" ]; then
        say "Keycloak for the tests in a browser (about 1 minute)"
        install_keycloak "$keycloak"
    fi
fi
