#!/usr/bin/env bash
# Builds the guest program reproducibly, or checks that the committed one is what its sources give.
#
#   build.sh            build; install circuits/guests/batch/batch.{elf,vk,lock.json} if the program changed
#   build.sh --elf OUT  build only, and copy the program to OUT
#   build.sh --check    fail if the committed program is not what its sources give. Builds only if the recorded hash of
#                       sources, lock file and flags differs, or with FORCE=1
#
# Needs Debian's rustc-web, cargo-web, rust-web-src and lld, whose versions are part of the recorded hash.
set -euo pipefail

guests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
circuits=$(dirname "$guests")
batch=$guests/batch
cache=${XDG_CACHE_HOME:-$HOME/.cache}/prividium
target=riscv32im-risc0-zkvm-elf
: "${GUEST_CARGO:=/usr/bin/cargo}" "${GUEST_RUSTC:=/usr/bin/rustc}"

fail() { printf 'guests/build.sh: %s\n' "$*" >&2; exit 1; }

# Paths of the machine are mapped away, so that they reach neither panic messages nor symbol hashes.
flags() {
    printf '%s\n' \
        -Cpasses=lower-atomic \
        -Clinker=ld.lld \
        -Clink-arg=-Ttext=0x00200800 \
        -Clink-arg=--fatal-warnings \
        -Clink-arg=--build-id=none \
        -Cpanic=abort \
        -Zlocation-detail=none \
        -Zfmt-debug=none \
        --cfg 'getrandom_backend="custom"'
}

mapped_flags() {
    flags
    printf '%s\n' \
        "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
        "--remap-path-prefix=$circuits=/circuits" \
        "--remap-path-prefix=$("$GUEST_RUSTC" --print sysroot)=/rust"
}

need_tools() {
    [ -x "$GUEST_CARGO" ] && [ -x "$GUEST_RUSTC" ] && command -v ld.lld >/dev/null ||
        fail "the guest toolchain is missing: apt-get install rustc-web cargo-web rust-web-src lld"
}

# One hash over everything that decides the program: sources, manifests, lock file, flags and compiler.
source_hash() {
    (
        cd "$circuits"
        find state policy stf guests/batch -type f \( -name '*.rs' -o -name Cargo.toml -o -name Cargo.lock \) \
            ! -path '*/tests/*' ! -path '*/examples/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        sed -n '/^\[workspace.dependencies\]/,/^$/p' Cargo.toml
        flags
        printf '%s\n' "${GUEST_VERSIONS:-rustc 1.96.0 lld 14}"
    ) | sha256sum | cut -d' ' -f1
}

build() {
    need_tools
    local encoded
    encoded=$(mapped_flags | paste -sd $'\x1f')
    (
        cd "$batch"
        export RUSTC_BOOTSTRAP=1 RUSTC=$GUEST_RUSTC CARGO_ENCODED_RUSTFLAGS=$encoded
        export CARGO_TARGET_DIR=${GUEST_TARGET_DIR:-$cache/target-guest}
        "$GUEST_CARGO" build --release --locked --target "$target" \
            -Zbuild-std=core,alloc,compiler_builtins,panic_abort -Zbuild-std-features=compiler-builtins-mem
    ) >&2
    cp "${GUEST_TARGET_DIR:-$cache/target-guest}/$target/release/prividium-guest-batch" "$1"
}

recorded() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$batch/batch.lock.json" 2>/dev/null; }
sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

check() {
    [ "$(sha256_of "$batch/batch.elf")" = "$(recorded elf_sha256)" ] ||
        fail "batch.elf is not the program that batch.lock.json records; run make guests"
    if [ "$(source_hash)" = "$(recorded source_sha256)" ] && [ -z "${FORCE:-}" ]; then
        echo "guest: sources unchanged, program as recorded"
        return
    fi
    local built
    built=$(mktemp)
    build "$built"
    [ "$(sha256_of "$built")" = "$(recorded elf_sha256)" ] ||
        fail "the sources give another program than batch.elf; run make guests and commit the result"
    rm -f "$built"
    echo "guest: rebuilt, program as recorded"
}

# The keys follow from the program: derive them with the prover, which is then built again with them inside.
install() {
    local built prover=${PROVER:-${CARGO_TARGET_DIR:-$cache/target}/release/prividium-prover}
    built=$(mktemp)
    build "$built"
    [ -x "$prover" ] || fail "build the prover first: cargo build --release -p prividium-prover"
    "$prover" --guest "$built" keygen --out "$batch" --source-sha256 "$(source_hash)" >/dev/null
    mv "$built" "$batch/batch.elf"
    chmod 644 "$batch/batch.elf"
    echo "guest: installed $(recorded elf_sha256); build the prover again to embed it"
}

case "${1:-}" in
    --check) check ;;
    --elf) build "${2:?--elf needs a file name}" ;;
    --source-hash) source_hash ;;
    "") install ;;
    *) fail "unknown argument $1" ;;
esac
