"""The properties, in the order in which a learner meets them."""

from rinq.lab.judge.properties.cost import COST
from rinq.lab.judge.properties.durability import KILL, RESTART
from rinq.lab.judge.properties.finished import FINISHED
from rinq.lab.judge.properties.lapsed import LAPSED_CLAIM
from rinq.lab.judge.properties.live import LIVE_CLAIM
from rinq.lab.judge.properties.order import FIFO
from rinq.lab.judge.properties.poison import POISON
from rinq.lab.judge.properties.power import POWER_LOSS
from rinq.lab.judge.properties.race import ONE_CLAIM
from rinq.lab.judge.properties.retries import RETRIES_END
from rinq.lab.judge.properties.stale import STALE_COMPLETION
from rinq.lab.judge.property import Property

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
