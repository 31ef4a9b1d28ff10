#!/bin/bash
cd "$(dirname "$0")/batch"
SEP=$'\x1f'
export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=$HOME/.cache/prividium/target-guest
export CARGO_ENCODED_RUSTFLAGS="-Cpasses=lower-atomic${SEP}-Clinker=ld.lld${SEP}-Clink-arg=-Ttext=0x00200800${SEP}-Clink-arg=--fatal-warnings${SEP}-Cpanic=abort${SEP}--cfg${SEP}getrandom_backend=\"custom\""
exec nice -n ${NICE:-10} /usr/bin/cargo build --release --target riscv32im-risc0-zkvm-elf -Zbuild-std=core,alloc,compiler_builtins,panic_abort -Zbuild-std-features=compiler-builtins-mem "$@"
