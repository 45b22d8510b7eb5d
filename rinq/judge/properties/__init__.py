"""The properties, in the order in which a learner meets them."""

from rinq.judge.properties.claiming import FIFO, ONE_CLAIM
from rinq.judge.properties.cost import COST
from rinq.judge.properties.durability import KILL, POWER_LOSS, RESTART
from rinq.judge.properties.finished import FINISHED
from rinq.judge.properties.giving_up import POISON, RETRIES_END
from rinq.judge.properties.leases import LAPSED_CLAIM, LIVE_CLAIM
from rinq.judge.properties.stale import STALE_COMPLETION
from rinq.judge.trial import Property

PROPERTIES: tuple[Property, ...] = (
    FIFO,
    RESTART,
    KILL,
    ONE_CLAIM,
    RETRIES_END,
    LAPSED_CLAIM,
    LIVE_CLAIM,
    STALE_COMPLETION,
    FINISHED,
    POISON,
    COST,
    POWER_LOSS,
)

__all__ = ["PROPERTIES"]
