"""What the judge finds in queues that people use is what the README says."""

from __future__ import annotations

from pathlib import Path

import pytest
from judge.peers import table

from rinq.judge.gallery.table import check_all
from rinq.judge.properties import PROPERTIES

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PEERS = tuple(table.PACKAGES)
SLOW = "poison"  # 26 deaths, each with a lease to wait for: for the command alone
TRIED = tuple(it.name for it in PROPERTIES if it.name != SLOW)


@pytest.fixture(scope="module")
def reports():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(table.__file__).parent)
        found = check_all([it.target for it in PEERS], only=TRIED, quick=True)
        return dict(zip(PEERS, found, strict=True))


@pytest.mark.parametrize("peer", PEERS, ids=table.PACKAGES.values())
def test_the_judge_finds_in_a_peer_what_the_table_says(reports, peer):
    assert reports[peer].outcomes == {it: peer.outcomes[it] for it in TRIED}, reports[peer]


def test_the_readme_shows_the_table_of_the_peers_with_the_versions_judged():
    assert table.peers_table({it: it.outcomes for it in PEERS}) in README
