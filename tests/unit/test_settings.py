"""Settings: every one documented, none wrong in silence."""

from pathlib import Path

import pytest

from prividium.errors import ConfigurationError
from prividium.issuer_settings import IssuerSettings
from prividium.settings import IdentitySettings, Settings, load_settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "operating" / "settings.md"


def documented() -> dict[str, str]:
    """Setting → its line."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


def test_every_setting_is_documented_with_its_meaning() -> None:
    found = documented()
    fields = {name: field for name, field in Settings.model_fields.items() if name != "identity"}
    fields |= {f"identity.{name}": field for name, field in IdentitySettings.model_fields.items()}
    fields |= {f"identity.issuers.{name}": field for name, field in IssuerSettings.model_fields.items()}
    assert set(found) == set(fields)
    for name, field in fields.items():
        meaning = str(field.description).replace("<", "&lt;").replace(">", "&gt;")
        assert meaning in found[name], name


def test_units_stand_at_the_end_or_before_max() -> None:
    units = ("seconds", "bytes", "ms")
    for name in [*Settings.model_fields, *IdentitySettings.model_fields]:
        words = name.removesuffix("_max").split("_")
        assert not set(units) & set(words[:-1]), name


def test_defaults_start_a_development_node(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert (settings.base_url, settings.production) == ("http://127.0.0.1:8000", False)
    assert settings.database == f"sqlite:///{tmp_path}/prividium.db"


def test_environment_wins_over_the_file_and_arguments_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prividium.toml").write_text(
        'port = 1111\nchain_name = "Bank"\nchain_id = 9\n[identity]\nwallets_per_user_max = 3\n'
    )
    monkeypatch.setenv("PRIVIDIUM_PORT", "2222")
    monkeypatch.setenv("PRIVIDIUM_CHAIN_ID", "8")
    settings = load_settings(tmp_path, port=3333)
    assert (settings.port, settings.chain_id, settings.chain_name) == (3333, 8, "Bank")
    assert settings.identity.wallets_per_user_max == 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"port": 70_000}, ["port", "70000", "PRIVIDIUM_PORT"]),
        ({"chain_id": "abc"}, ["chain_id", "abc", "integer"]),
        ({"block_delay_ms": 500}, ["block_delay_ms", "100"]),
        ({"log_level": "loud"}, ["log_level", "debug, info, warning or error"]),
        ({"l1_url": "ws://here"}, ["l1_url", "http://"]),
        ({"beneficiary": "0x12"}, ["beneficiary", "40 hexadecimal digits"]),
        ({"identity": {"oidc_issuer": "sso"}}, ["identity.oidc_issuer", "PRIVIDIUM_IDENTITY__OIDC_ISSUER"]),
        ({"genesis_balances": {"0x12": 1}}, ["genesis_balances", "40 hexadecimal digits"]),
        ({"environment": "production"}, ["oidc_issuer"]),
        ({"identity": {"siwe_hmac_secrets": ["ab" * 31]}}, ["identity.siwe_hmac_secrets", "32 bytes"]),
        ({"trusted_proxies": ["proxy.bank"]}, ["trusted_proxies", "proxy.bank"]),
        ({"colour": "red"}, ["colour", "no such setting"]),
    ],
)
def test_a_wrong_value_names_field_problem_and_fix(tmp_path: Path, values: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path, **values)
    assert refused.value.code == "settings_invalid"
    assert [word for word in words if word not in refused.value.message] == []


def test_a_misspelt_variable_is_named_with_what_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVIDIUM_BATCH_TRANSACTION_MAX", "4")
    with pytest.raises(ConfigurationError, match="PRIVIDIUM_BATCH_TRANSACTIONS_MAX"):
        load_settings(tmp_path)


def test_issuers_come_from_the_file_or_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prividium.toml").write_text(
        '[[identity.issuers]]\nid = "bank"\nname = "Bank"\nurl = "https://sso.example/"\nrole_claim = "groups"\n'
        'role_mapping = { "/fund" = "fund-client" }\n'
    )
    (bank,) = load_settings(tmp_path).identity.issuers
    assert (bank.url, bank.client_id, bank.role_mapping) == (
        "https://sso.example",
        "prividium",
        {"/fund": "fund-client"},
    )
    monkeypatch.setenv("PRIVIDIUM_IDENTITY__ISSUERS", '[{"id": "other", "name": "Other", "url": "https://x.example"}]')
    assert [issuer.id for issuer in load_settings(tmp_path).identity.issuers] == ["other"]


BANK = {"id": "bank", "name": "Bank", "url": "https://sso.example"}


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ({"issuers": [BANK, BANK]}, ["an id", "of its own"]),
        ({"issuers": [BANK, {**BANK, "id": "other"}]}, ["a URL of its own"]),
        ({"issuers": [BANK], "oidc_issuer": "https://sso.example/"}, ["a URL of its own"]),
        ({"issuers": [{**BANK, "id": "default"}], "oidc_issuer": "https://x.example"}, ["an id (not default)"]),
        ({"issuers": [{**BANK, "id": "Bank/.."}]}, ["identity.issuers.0.id"]),
        ({"issuers": [{**BANK, "url": "sso"}]}, ["identity.issuers.0.url", "http://"]),
        ({"issuers": [{**BANK, "role_mapping": {"a": "b"}}]}, ["role_claim"]),
        ({"oidc_role_mapping": {"a": "b"}}, ["oidc_role_claim"]),
        ({"scim_token_hashes": ["ab" * 32], "scim_issuer": "bank"}, ["scim_issuer is bank"]),
        ({"scim_token_hashes": ["ab" * 31]}, ["scim_token_hashes", "prividium scim token"]),
        ({"issuers": [{**BANK, "colour": "red"}]}, ["colour", "no such setting"]),
    ],
)
def test_wrong_issuers_are_named(tmp_path: Path, identity: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path, identity=identity)
    assert [word for word in words if word not in refused.value.message] == []


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path, identity={"oidc_client_secret": ["hunter2"]}, database_url=["postgres://u:hunter2@h/d"])
    assert "hunter2" not in refused.value.message
    with pytest.raises(ConfigurationError) as of_directory:
        load_settings(tmp_path, identity={"scim_token_hashes": ["hunter2"]})
    assert "hunter2" not in of_directory.value.message
    assert "hunter2" not in repr(load_settings(tmp_path, identity={"oidc_client_secret": "hunter2"}))


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "prividium.toml").write_text("port = = 3")
    with pytest.raises(ConfigurationError, match=r"prividium\.toml"):
        load_settings(tmp_path)


def test_production_refuses_what_is_for_development(tmp_path: Path) -> None:
    identity = {"oidc_issuer": "https://sso.example.org"}
    complete = {"environment": "production", "identity": identity, "public_url": "https://chain.example.org"}
    assert load_settings(tmp_path, **complete, l1_url="https://l1.example.org").production
    over_http = {"issuers": [{**BANK, "url": "http://sso.example"}]}
    for missing in ({"public_url": "http://chain.example.org"}, {"l1_url": None}, {"identity": over_http}):
        with pytest.raises(ConfigurationError):
            load_settings(tmp_path, **{**complete, **missing})
