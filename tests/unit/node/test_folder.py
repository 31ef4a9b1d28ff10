"""The data folder: made once, closed to others, and not mistaken for another chain's."""

from pathlib import Path

import pytest

from prividium.errors import ConfigurationError
from prividium.node.folder import DataFolder
from tests.unit.live import settings_of


def prepared(path: Path) -> DataFolder:
    folder = DataFolder(path)
    folder.prepare()
    return folder


def refusal(action: object) -> str:
    assert callable(action)
    with pytest.raises(ConfigurationError) as refused:
        action()
    return refused.value.code


def test_folder_secret_and_genesis_are_closed_to_others(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    secret = folder.secret()
    folder.genesis(settings_of(folder.path))
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.path.iterdir()} == {0o600}
    assert len(secret) == 32
    assert prepared(folder.path).secret() == secret


def test_a_folder_or_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.secret()
    (folder.path / "secret").chmod(0o640)
    assert refusal(folder.secret) == "secret_exposed"
    folder.path.chmod(0o750)
    assert refusal(folder.prepare) == "data_dir_exposed"


def test_a_damaged_secret_is_not_used(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.secret()
    (folder.path / "secret").write_bytes(b"short")
    assert refusal(folder.secret) == "secret_unreadable"


def test_a_chain_without_its_secret_gets_no_new_one(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.store_path.touch()
    assert refusal(folder.secret) == "secret_missing"


def test_the_genesis_stays_what_it_was(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    first = folder.genesis(settings_of(folder.path, chain_id=77))
    assert folder.genesis(settings_of(folder.path, chain_id=77)) == first
    with pytest.raises(ConfigurationError, match="chain_id is 78 in the settings and 77") as refused:
        folder.genesis(settings_of(folder.path, chain_id=78))
    assert refused.value.code == "genesis_differs"


def test_a_damaged_genesis_is_named(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.genesis(settings_of(folder.path))
    (folder.path / "genesis.json").write_text('{"chain_id": 1}')
    assert refusal(lambda: folder.genesis(settings_of(folder.path))) == "genesis_unreadable"


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert refusal(DataFolder(tmp_path / "data").prepare) == "data_dir_unusable"
