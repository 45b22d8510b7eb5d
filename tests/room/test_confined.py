"""What a room on a web page may open."""

from __future__ import annotations

import pytest
from room_by_press import message

from rinq.errors import ConfigError
from rinq.room.confined import load_within
from rinq.room.control_room import ControlRoom


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """The folder that the page is started in; beside it lies ``outside``, with a config."""
    folders = tmp_path / "inside", tmp_path / "outside"
    for folder in folders:
        folder.mkdir()
        (folder / "config.yaml").write_text("general: {primary_path: jobs}\n")
        (folder / "jobs").mkdir()
    (folders[0] / "link").symlink_to(folders[1])
    (folders[0] / "link.yaml").symlink_to(folders[1] / "config.yaml")
    (folders[1] / "back.yaml").symlink_to(folders[0] / "config.yaml")
    monkeypatch.chdir(folders[0])
    return folders[0]


@pytest.mark.parametrize(
    "path",
    [
        "../outside/config.yaml",
        "{outside}/config.yaml",
        "{outside}/no-such-file.yaml",
        "{inside}/../outside/config.yaml",
        "link.yaml",
        "link/config.yaml",
        "link/../no-such-file.yaml",
        "link/back.yaml",
        "~root/.bashrc",
        "/etc/passwd",
        "a\0b",
    ],
)
def test_a_config_elsewhere_is_refused_whether_it_is_there_or_not(inside, path):
    path = path.format(inside=inside, outside=inside.parent / "outside")
    with pytest.raises(ConfigError, match=f"lies outside {inside}, and this page opens nothing"):
        load_within(path, inside)


@pytest.mark.parametrize("key", ["primary_path", "database"])
@pytest.mark.parametrize("path", ["{outside}/jobs", "../outside/jobs", "link/jobs", "~root/jobs"])
def test_a_config_that_names_a_path_elsewhere_is_refused(inside, key, path):
    path = path.format(outside=inside.parent / "outside")
    (inside / "config.yaml").write_text(f"general: {{{key}: {path}}}\n")
    with pytest.raises(ConfigError, match=f"general.{key} lies outside {inside}"):
        load_within("config.yaml", inside)


@pytest.mark.parametrize(
    "path", [None, "config.yaml", "{inside}/config.yaml", "../inside/config.yaml"]
)
def test_a_config_below_the_folder_is_opened(inside, path):
    config = load_within(path and path.format(inside=inside), inside)
    assert config.primary_path.resolve() == inside / "jobs"


def test_the_room_stays_with_the_config_that_its_owner_named_wherever_that_is(inside):
    owners = inside.parent / "outside" / "config.yaml"
    room = ControlRoom(owners, within=inside)
    try:
        room._panel.config.value = "link.yaml"
        room._panel.open.click()
        assert message(room).startswith(f"✕ The config file lies outside {inside}, ")
        assert f"Still connected to {owners.parent / 'jobs' / 'rinq.db'}." in message(room)
        room._panel.config.value = str(owners)
        room._panel.open.click()
        assert message(room).startswith(f"✓ Connected to {owners.parent / 'jobs' / 'rinq.db'}")
        room._panel.config.value = "config.yaml"
        room._panel.open.click()
        assert message(room).startswith(f"✓ Connected to {inside / 'jobs' / 'rinq.db'}")
    finally:
        room.close()
