use std::time::Instant;
use openvm_sdk::{config::*, Sdk, StdIn};
use openvm_sdk_config::SdkVmConfig;
use openvm_stark_sdk::config::app_params_with_100_bits_security;
use openvm_transpiler::{elf::Elf, openvm_platform::memory::MEM_SIZE};
#[path = "../src/vm.rs"] mod vm;
#[path = "../src/error.rs"] mod error;
fn cpu() -> f64 { let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect(); (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0 }
macro_rules! t { ($n:expr, $e:expr) => {{ let t = Instant::now(); let c = cpu(); let r = $e; println!("{}: wall {:.2} cpu {:.2}", $n, t.elapsed().as_secs_f64(), cpu() - c); r }} }
fn main() {
    let cfg = vm::app_config().unwrap();
    let elf = Elf::decode(&std::fs::read(std::env::args().nth(1).unwrap()).unwrap(), MEM_SIZE as u32).unwrap();
    let sdk = t!("sdk", Sdk::new(cfg, AggregationSystemParams::default()).unwrap());
    let exe = t!("exe", sdk.convert_to_exe(elf).unwrap());
    println!("program {} instrs", exe.program.num_defined_instructions());
    let (pk, _) = t!("app_keygen", sdk.app_keygen());
    t!("agg_keygen", sdk.agg_keygen());
    let sp = t!("prover", sdk.prover(exe.clone()).unwrap());
    let b = t!("baseline", sp.generate_baseline());
    let apk = sdk.agg_pk();
    let a = t!("ser app", bitcode::serialize(&pk).unwrap()); println!("{}", a.len());
    let g = t!("ser agg", bitcode::serialize(&apk).unwrap()); println!("{}", g.len());
    let v = t!("ser vk", bitcode::serialize(&openvm_verify_stark_host::vk::VmStarkVerifyingKey { mvk: sdk.agg_vk().as_ref().clone(), baseline: b }).unwrap()); println!("{}", v.len());
    let pk2: openvm_sdk::keygen::AppProvingKey<SdkVmConfig> = t!("de app", bitcode::deserialize(&a).unwrap());
    let apk2: openvm_sdk::keygen::AggProvingKey = t!("de agg", bitcode::deserialize(&g).unwrap());
    let _v: openvm_verify_stark_host::vk::VmStarkVerifyingKey = t!("de vk", bitcode::deserialize(&v).unwrap());
    let sdk2 = t!("sdk from keys", Sdk::builder().app_pk(pk2).agg_pk(apk2).build().unwrap());
    let _ = t!("prover2", sdk2.prover(exe.clone()).unwrap());
    let mut s = StdIn::default(); s.write_bytes(&[0,2,0,0]);
    t!("exec", sdk2.execute(exe.clone(), s).unwrap());
}
