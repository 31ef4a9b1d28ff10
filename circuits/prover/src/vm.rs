//! The virtual machine: everything here fixes the verifying key. A change here is a new protocol version.

use openvm_sdk::config::AppConfig;
use openvm_sdk_config::SdkVmConfig;
use openvm_stark_sdk::config::app_params_with_100_bits_security;

use crate::error::ProverError;

/// Instruction set extensions. The order of the moduli is the order of the guest's `moduli_init!`.
pub const EXTENSIONS: &str = r#"
[app_vm_config.rv32i]
[app_vm_config.rv32m]
[app_vm_config.io]
[app_vm_config.keccak]
[app_vm_config.sha2]
[app_vm_config.modular]
supported_moduli = [
  "115792089237316195423570985008687907853269984665640564039457584007908834671663",
  "115792089237316195423570985008687907852837564279074904382605163141518161494337",
]
[[app_vm_config.ecc.supported_curves]]
struct_name = "Secp256k1Point"
modulus = "115792089237316195423570985008687907853269984665640564039457584007908834671663"
scalar = "115792089237316195423570985008687907852837564279074904382605163141518161494337"
a = "0"
b = "7"
"#;

/// Logarithm of the stacked trace height of a segment proof: 22 was faster than 24 in measurements.
pub const LOG_STACKED_HEIGHT: usize = 22;

/// Version of OpenVM; keys of one version do not fit another.
pub const OPENVM_VERSION: &str = "2.0.2";

/// The configuration that keys are made for: 100 bits of proven security.
pub fn app_config() -> Result<AppConfig<SdkVmConfig>, ProverError> {
    let vm = SdkVmConfig::from_toml(EXTENSIONS).map_err(ProverError::internal)?.optimize();
    Ok(AppConfig::new(vm, app_params_with_100_bits_security(LOG_STACKED_HEIGHT)))
}
